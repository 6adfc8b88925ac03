/** @file src/remedies/cure_counts.ts from the outcomes of studies. */
import { rules } from '../../src/diagnosis/index.ts';
import { remedies } from '../../src/remedies/index.ts';
import type { CureOutcome } from './cure.ts';

/** Of every finding and remedy: how often it was verified, of the times it was re-trained on all seeds. */
export function renderCounts(cures: readonly Pick<CureOutcome, 'remedies'>[]): string {
  const run = cures.flatMap((cure) => cure.remedies).filter(({ status }) => status !== 'not_run');
  const findings = rules.map(({ rule }) => rule as string).toSorted();
  const lines = findings.flatMap((rule) => {
    const own = remedies.flatMap(({ remedy }) => {
      const tried = run.filter((one) => one.remedy === remedy && one.treated.includes(rule));
      const verified = tried.filter(({ status }) => status === 'verified').length;
      return tried.length === 0 ? [] : [`    ${remedy}: [${verified}, ${tried.length}],`];
    });
    return own.length === 0 ? [] : [`  ${rule}: {`, ...own, '  },'];
  });
  return `/**
 * @file How often each remedy was verified on each finding, of ${cures.length} studies: made by \`npm run evaluate -- counts\` from the
 * outcomes of \`npm run evaluate -- remedies\` and \`-- hard\` (\`--outcomes FILE\`).
 */
import type { RuleName } from '../diagnosis/index.ts';
import type { RemedyName } from './catalogue/index.ts';

/** [verified, re-trained on all seeds] by finding and remedy. */
export const cureCounts: Readonly<
  Partial<Record<RuleName, Readonly<Partial<Record<RemedyName, readonly [number, number]>>>>>
> = {
${lines.join('\n')}
};
`;
}
