/** @file docs/remedies.md from the studies of all sick scenarios. */
import { remedies } from '../../src/remedies/index.ts';
import type { CureOutcome, RemedyOutcome } from './cure.ts';
import {
  type CureJudgement,
  isCuredAsTwin,
  isHardAndCurable,
  judgeCures,
  judgeHard,
  type Share,
} from './judgement.ts';
import { percent, table } from './markdown.ts';

const judged = (name: string, { cured, controls, within_best, stays_better }: CureJudgement) => [
  name,
  percent(cured),
  percent(controls),
  percent(within_best),
  percent(stays_better),
];

type Row = RemedyOutcome & { readonly scenario: string };

function byRemedy(rows: readonly Row[]): string {
  const lines = remedies.map(({ remedy, effort }) => {
    const own = rows.filter((row) => row.remedy === remedy);
    const of = (status: RemedyOutcome['status']) => own.filter((row) => row.status === status).length;
    return [
      `\`${remedy}\``,
      effort,
      own.length,
      of('verified'),
      of('ineffective'),
      of('harmful'),
      of('not_run'),
    ];
  });
  return table(['remedy', 'effort', 'proposed', 'verified', 'ineffective', 'harmful', 'screened out'], lines);
}

/** How often a remedy cleared a finding that it is for, of the times it was re-trained. */
function pairings(rows: readonly Row[]): string {
  const run = rows.filter(({ status }) => status !== 'not_run');
  const lines = remedies.flatMap(({ remedy, treats }) =>
    treats.flatMap((rule) => {
      const own = run.filter((row) => row.remedy === remedy && row.treated.includes(rule));
      const cleared: Share = {
        hits: own.filter((row) => row.cleared.includes(rule)).length,
        total: own.length,
      };
      const verified = own.filter(({ status }) => status === 'verified').length;
      return own.length === 0 ? [] : [[`\`${rule}\``, `\`${remedy}\``, percent(cleared), verified]];
    }),
  );
  return table(
    ['finding', 'remedy', 'cleared', 'verified'],
    lines.toSorted((a, b) => String(a[0]).localeCompare(String(b[0]))),
  );
}

/** What the studies recommended, and how often it was so many remedies. */
function recommended(cures: readonly CureOutcome[]): string {
  const largest = Math.max(1, ...cures.map((cure) => cure.recommended.length));
  const lines = Array.from({ length: largest }, (_, i) => {
    const size = i + 1;
    const own = cures.filter((cure) => cure.recommended.length === size);
    return [size, own.length, own.filter((cure) => cure.holds === true).length];
  });
  return table(['remedies together', 'recommended', 'hold on fresh seeds'], lines);
}

function whyNot({
  name,
  half,
  curable,
  holds,
  fresh,
  stays_better,
  recommended,
  note,
}: CureOutcome): string[] {
  const own = `- ${name} (${half}): `;
  const ratios = fresh?.loss_ratios.map((ratio) => ratio.toPrecision(2)).join(', ');
  return [
    ...(holds === null && curable ? [`${own}no recommendation. ${note ?? ''}`] : []),
    ...(holds === false
      ? [
          `${own}${recommended.join(' + ')} does not hold on fresh seeds: found ${fresh?.found.join(', ') || 'nothing'}; ` +
            `losses over a constant’s ${ratios}. ${note ?? ''}`,
        ]
      : []),
    ...(stays_better === false ? [`${own}the best verified remedy is not better on fresh seeds`] : []),
  ];
}

function failures(cures: readonly CureOutcome[]): string {
  const lines = cures.flatMap(whyNot);
  return lines.length === 0 ? 'None.' : lines.join('\n');
}

/** The three shares by half: what the bars are about. */
export function cureTable(cures: readonly CureOutcome[]): string {
  const half = (name: CureOutcome['half']) => cures.filter((cure) => cure.half === name);
  return table(
    ['', 'cured', 'controls verified', 'near the best', 'stays better'],
    [
      judged('develop', judgeCures(half('develop'))),
      judged('held back', judgeCures(half('judge'))),
      judged('**all**', judgeCures(cures)),
    ],
  );
}

/** The same of the hard ones: cured is healthy on the fresh seeds and as good as the twin. */
export function hardTable(cures: readonly CureOutcome[]): string {
  const half = (name: CureOutcome['half']) => cures.filter((cure) => cure.half === name);
  const rows = table(
    ['', 'cured', 'controls verified', 'near the best', 'stays better'],
    [
      judged('develop', judgeHard(half('develop'))),
      judged('held back', judgeHard(half('judge'))),
      judged('**all**', judgeHard(cures)),
    ],
  );
  const level = (value: number | null | undefined) => value?.toPrecision(3) ?? 'nothing';
  const missed = cures
    .filter((cure) => isHardAndCurable(cure) && !isCuredAsTwin(cure))
    .map(
      ({ name, recommended, fresh, levels, note }) =>
        `- ${name}: ${recommended.join(' + ') || 'no recommendation'}, ${level(levels?.recommended)} where its twin reaches ${level(levels?.twin)}` +
        `${fresh?.found.length ? `, found ${fresh.found.join(', ')}` : ''}. ${note ?? ''}`,
    );
  return [rows, '', ...missed].join('\n');
}

/** What people could not train, of which few have a repaired twin: what is recommended has to hold by itself. */
export function publishedTable(cures: readonly CureOutcome[]): string {
  const held = cures.filter(({ holds }) => holds === true);
  const missed = cures
    .filter(({ holds }) => holds !== true)
    .map(({ name, found, recommended, fresh, note }) => {
      const reached = fresh?.loss_ratios.map((ratio) => ratio.toPrecision(2)).join(', ');
      const why =
        fresh === null ? (note ?? '') : `found ${fresh.found.join(', ') || 'nothing'}; losses ${reached}`;
      return `- ${name} (${found.join(', ') || 'not found to be sick'}): ${recommended.join(' + ') || 'no recommendation'}. ${why}`;
    });
  return [`${held.length} of ${cures.length} cured`, '', ...missed].join('\n');
}

/** What stands between these is made of the outcomes; all else on the page is written by hand, and stays. */
const [BEGIN, END] = ['<!-- made by npm run evaluate -->', '<!-- to here -->'] as const;

/** The page with another measurement in the place of the last one. @throws where the page does not say where that stands */
export function withMeasurement(page: string, cures: readonly CureOutcome[]): string {
  const [from, to] = [page.indexOf(BEGIN), page.indexOf(END)];
  if (from === -1 || to < from) throw new Error(`docs/remedies.md has no part between ${BEGIN} and ${END}`);
  return `${page.slice(0, from)}${BEGIN}\n\n${renderRemedies(cures)}\n${page.slice(to)}`;
}

function renderRemedies(cures: readonly CureOutcome[]): string {
  const rows = cures.flatMap(({ name, remedies: own }) => own.map((row) => ({ ...row, scenario: name })));
  const spent = cures.map((cure) => cure.spent).sort((a, b) => a - b);
  return `## All scenarios

Made by \`npm run evaluate\`: the whole study of every sick scenario of \`test/scenarios/\`, as the service runs it with its
defaults, and then five seeds that the study never saw.

- **Cured**: the study recommends a change, and on the fresh seeds the changed network is healthy by all rules and learns: on most seeds
  its final loss is below half of a constant’s, as that of the repaired twins is. Only curable scenarios count. A scenario is curable if its
  twin learns from the same data (scaled differently at most). No remedy turns noise into signal, or makes a sequence shorter.
- **Controls verified**: controls, which should not help, that were called verified all the same.
- **Near the best**: recommendations whose loss is within 10 %, or within 2 % of a constant’s loss, of the best verified one in their study.
- **Stays better**: among the studies that verified something, those whose best remedy beats the baseline on the fresh seeds.

${cureTable(cures)}

Wanted: cured at least 97.3 % (255 of 262, AUTOTRAINER, ICSE 2021, the best published repair rate, on models of its own), controls
verified at most 2 %, near the best at least 95 %, stays better at least 97 %.

A study costs at most 12 baselines’ worth of work, or a minute of two cores; in baselines the median was ${(spent[spent.length >> 1] ?? 0).toFixed(1)}, the most
${(spent.at(-1) ?? 0).toFixed(1)}.

### Recommendations

${recommended(cures)}

### By remedy

“Screened out”: not re-trained on all seeds; the report says why.

${byRemedy(rows)}

### By finding and remedy

Counted are the times that a remedy was re-trained on all seeds. **Cleared**: the finding that it treats was gone. **Verified**: the loss
was better as well, by more than any control’s.

${pairings(rows)}

### What was not cured, or did not hold

${failures(cures)}
`;
}
