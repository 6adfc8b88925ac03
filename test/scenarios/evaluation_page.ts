/** @file docs/evaluation.md from the outcomes of all scenarios. */
import { rules } from '../../src/diagnosis/index.ts';
import { invalidity, type Judgement, judge, type Share } from './judgement.ts';
import { percent, table } from './markdown.ts';
import type { Outcome } from './outcome.ts';
import { networkFamilies } from './scenario.ts';

const judged = (name: string, { healthy, sick, false_alarms, recall, located, cause, first }: Judgement) => [
  name,
  healthy,
  sick,
  percent(false_alarms),
  percent(recall),
  percent(located),
  percent(cause),
  percent(first),
];

const HEAD = [
  '',
  'healthy',
  'sick',
  'false alarms',
  'recall',
  'layers right',
  'told as cause',
  'named first',
];

function byRule(outcomes: readonly Outcome[]): string {
  const rows = rules.map(({ rule }) => {
    const of = (half: Outcome['half']) => outcomes.filter((outcome) => outcome.half === half);
    const recall = (some: readonly Outcome[]): Share => {
      const meant = some.filter(({ expected }) => expected[0] === rule);
      return { hits: meant.filter(({ recalled }) => recalled).length, total: meant.length };
    };
    const alarms = (some: readonly Outcome[]): number =>
      some.filter(({ recalled, found, twin }) =>
        (recalled === null ? found : (twin?.found ?? [])).includes(rule),
      ).length;
    return [
      `\`${rule}\``,
      percent(recall(of('develop'))),
      percent(recall(of('judge'))),
      alarms(of('develop')),
      alarms(of('judge')),
    ];
  });
  return table(
    ['rule', 'recall, develop', 'recall, held back', 'false alarms, develop', 'false alarms, held back'],
    rows,
  );
}

function misses(outcomes: readonly Outcome[]): string {
  const lines = outcomes.flatMap((outcome) => {
    const { name, half, recalled, located, found, expected, twin } = outcome;
    const invalid = invalidity(outcome);
    return [
      ...(invalid === null ? [] : [`- ${name} (${half}) is not what it claims: ${invalid}`]),
      ...(recalled === null && found.length > 0
        ? [`- ${name} (${half}): false alarm of ${found.join(', ')}`]
        : []),
      ...(twin !== null && twin.found.length > 0
        ? [`- twin of ${name} (${half}): false alarm of ${twin.found.join(', ')}`]
        : []),
      ...(recalled === false
        ? [`- ${name} (${half}): wanted ${expected.join(' or ')}, found ${found.join(', ') || 'nothing'}`]
        : []),
      ...(located === false ? [`- ${name} (${half}): found, but at other layers`] : []),
    ];
  });
  return lines.length === 0 ? 'None.' : lines.join('\n');
}

/** Counted again from the tools' published logs, on models of other people: see the sources. */
const PUBLISHED = table(
  ['tool', 'sick found', 'healthy flagged', 'on'],
  [
    ['DeepDiagnosis (ICSE 2022)', '68 % (138/203)', '36 % (68/188)', 'AUTOTRAINER’s labelled models'],
    ['DeepLocalize (ICSE 2021)', '94 % (189/201)', '72 % (133/186)', 'the same'],
    ['UMLAUT (CHI 2021)', '100 % (85/85)', '100 % (109/109)', 'MNIST and CIFAR-10 models of the same'],
  ],
);

/** What the other half of an evaluation wrote: a run of the diagnosis alone keeps it. */
const CURES = /(?<=<!-- cures -->\n).*?(?=\n<!-- \/cures -->)/s;

export const curesOf = (page: string): string => CURES.exec(page)?.[0] ?? '';

export const withCures = (page: string, cures: string): string => page.replace(CURES, () => cures);

/** @param scenarios how many there are: what was not measured is said */
export function renderEvaluation(outcomes: readonly Outcome[], scenarios: number, cures: string): string {
  const half = (name: Outcome['half']) => outcomes.filter((outcome) => outcome.half === name);
  const families = networkFamilies.map((family) =>
    judged(family, judge(outcomes.filter(({ network }) => network === family))),
  );
  const part =
    outcomes.length === scenarios
      ? ''
      : `> ${outcomes.length} of the ${scenarios} scenarios were measured.\n\n`;
  return `# How far the diagnosis can be trusted

${part}Made by \`npm run evaluate\`, which trains every scenario of \`test/scenarios/\` on three seeds and writes this page. Healthy
scenarios are networks that learn (a final training loss below half of a constant prediction’s), the traps among them:
sparse ReLU outputs, converged losses, unequal widths, tiny gradients, batches of one, saturated outputs that are right.
Each sick one has a rule that it must yield, most have layers, and all have a repaired twin that learns; the twins
count as healthy. Half of each kind was used to choose thresholds; the other half is held back. It is not untouched: one
threshold (how far above the reference a training falls short, 0.4 of a constant’s loss) was moved after a look at the losses of
both halves, another (how far beyond its threshold a scale still counts as the cause, 3 times) after both halves of the unscaled
inputs had run, and the linear networks of both halves may since be called \`underfitting\` first. Scenarios that were not what they
claimed (a healthy one that did not learn, a sick one that did) were replaced in both halves; that is decided by the losses alone.

A false alarm is a healthy experiment with any finding that is critical or a warning. “Layers right”: of the sick ones
that are found and must name a layer, those that name one of the right ones. “Told as cause”: of those found, the ones
whose finding is not said to be caused by something else. “Named first”: of all sick ones, those whose expected finding is the
first of the summary.

## Result

${table(HEAD, [judged('develop', judge(half('develop'))), judged('**held back**', judge(half('judge')))])}

The bar, on the held-back half: false alarms at most 1 %, recall at least 97 %, layers right at least 90 %, named first at
least 92 %.

## By kind of network (both halves)

${table(HEAD, families)}

## By rule

Recall over the scenarios that are made for the rule; alarms of it on healthy experiments and twins.

${byRule(outcomes)}

## Everything that went wrong

${misses(outcomes)}

## Public reports

80 public reports of networks that would not train (\`test/scenarios/published/\`, with their sources), each with the cause that was
accepted there and written down before the service was asked: \`npx node test/scenarios/try_published.ts develop\` or \`judge\`.
At commit 13d2f8a, of the 48 that rules were made with, 47 have the cause first (one of them was altered after its first run, because
it had not learned in training mode); of the 32 held back, run once after the last change of a rule, 26 have it first and 30 have it.
Some reports accept two or three rules as the cause.

## Remedies

The whole study of every sick scenario, and five fresh seeds after it; what the columns mean, and how often each remedy works
on each finding: [remedies.md](remedies.md), which also says at which commit this was measured.

<!-- cures -->
${cures}
<!-- /cures -->

## Other tools

Not on these scenarios: what the tools do on models with published labels, from the logs that came with DeepDiagnosis.
The numbers cannot be compared one to one; they say how common false alarms are in the field.

${PUBLISHED}
`;
}
