/** @file src/remedies/cure_counts.ts from the outcomes of studies. */
import { rules } from '../../src/diagnosis/index.ts';
import { cureCounts } from '../../src/remedies/cure_counts.ts';
import { remedies } from '../../src/remedies/index.ts';
import type { CureOutcome } from './cure.ts';

/**
 * Of every finding and remedy: how often it was verified, of the times it was re-trained on all seeds.
 * @param add to what is there, instead of in its place
 */
export function renderCounts(cures: readonly Pick<CureOutcome, 'remedies'>[], add: boolean): string {
  const run = cures.flatMap((cure) => cure.remedies).filter(({ status }) => status !== 'not_run');
  const findings = rules.map(({ rule }) => rule).toSorted();
  const lines = findings.flatMap((rule) => {
    const own = remedies.flatMap(({ remedy }) => {
      const tried = run.filter((one) => one.remedy === remedy && one.treated.includes(rule));
      const verified = tried.filter(({ status }) => status === 'verified').length;
      const [verifiedBefore, triedBefore] = (add ? cureCounts[rule]?.[remedy] : undefined) ?? [0, 0];
      const [all, total] = [verifiedBefore + verified, triedBefore + tried.length];
      return total === 0 ? [] : [`    ${remedy}: [${all}, ${total}],`];
    });
    return own.length === 0 ? [] : [`  ${rule}: {`, ...own, '  },'];
  });
  return `/**
 * @file How often each remedy was verified on each finding, lastly of ${cures.length} studies${add ? ', added to what was counted before' : ''}. Made by
 * \`npm run evaluate -- counts\` from the outcomes that \`cureScenario\` gives, as \`npm run evaluate -- hard --outcomes FILE\` writes them.
 */
import type { RuleName } from '../diagnosis/index.ts';
import type { RemedyName } from './catalogue/index.ts';

/** [verified, re-trained on all seeds] by finding and remedy. */
type Counts = Partial<Record<RemedyName, readonly [verified: number, trained: number]>>;

export const cureCounts: Readonly<Partial<Record<RuleName, Counts>>> = {
${lines.join('\n')}
};
`;
}
