/** @file A report as text for the terminal. */
import { changesOf, type Report } from '../client/index.ts';
import type { StatisticsRow } from './calls.ts';
import { formatNumber, logBar, type Style, table } from './format.ts';

type Check = Report['checks'][number];
type Verification = Report['controls'][number]['verification'];

/** Gradient RMS of every layer's kernel at the first and the last probe, with a bar of the last on a log scale. */
function renderGradients(rows: readonly StatisticsRow[], style: Style): string {
  const layers = [...new Set(rows.flatMap(({ layer }) => (layer === null ? [] : [layer])))];
  if (layers.length === 0) return style.dim('  nothing was probed');
  const positive = rows.flatMap(({ value }) => (value !== null && value > 0 ? [value] : []));
  // A decade below the smallest, so that it still shows a bar.
  const [low, high] = [Math.min(...positive) / 10, Math.max(...positive)];
  const steps = rows.map(({ step }) => step);
  const [first, last] = [Math.min(...steps), Math.max(...steps)];
  const at = (layer: string, step: number) =>
    rows.find((row) => row.layer === layer && row.step === step)?.value ?? null;
  return table([
    ['layer', `step ${first}`, `step ${last}`, ''],
    ...layers.map((layer) => [
      layer,
      formatNumber(at(layer, first)),
      formatNumber(at(layer, last)),
      logBar(at(layer, last), low, high),
    ]),
  ]);
}

function evidenceLine({ evidence }: Check): string {
  const main = evidence[0];
  if (main === undefined) return '';
  const non = main.non_finite?.value;
  const limit = main.threshold === null ? '' : ` (threshold ${formatNumber(main.threshold)})`;
  const place = [main.layer, main.step === null ? null : `step ${main.step}`]
    .filter((part) => part !== null)
    .join(', ');
  return `${main.metric} = ${formatNumber(main.value, non)}${limit}${place === '' ? '' : ` at ${place}`}`;
}

const order = ['found', 'error', 'not_evaluable', 'clear'] as const;

function renderChecks(checks: readonly Check[], style: Style): string {
  return checks
    .toSorted((a, b) => order.indexOf(a.status) - order.indexOf(b.status))
    .map((check) => {
      if (check.status === 'not_evaluable' || check.status === 'error') {
        return style.dim(`  – ${check.rule}: ${check.status}, ${check.explanation}`);
      }
      if (check.status === 'clear') return `  ${style.good('✓')} ${check.rule}: ${evidenceLine(check)}`;
      const layers = check.layers.length === 0 ? '' : ` in ${check.layers.join(', ')}`;
      const cause = check.caused_by.length === 0 ? '' : `, caused by ${check.caused_by.join(', ')}`;
      const head = `  ${style.bad('✗')} ${style.bold(check.rule)} [${check.severity}]${layers}${cause}`;
      return `${head}\n      ${evidenceLine(check)}; seeds ${check.seeds.join(', ')}\n      ${check.explanation}`;
    })
    .join('\n');
}

/** Goals beside the training loss, which says little where they decide. */
const OTHER_GOALS: Readonly<Record<string, string>> = {
  validation_loss_ratio: 'validation loss over a constant’s',
  missed_rare_class: 'missed of a class',
  training_error: 'wrong',
};

function effectText({ effects, status }: Verification): string {
  const [goal] = effects;
  const other = OTHER_GOALS[goal?.metric ?? ''];
  const effect = other === undefined ? effects.find(({ metric }) => metric === 'final_loss') : goal;
  if (status === 'not_run' || effect === undefined) return '';
  const difference = formatNumber(effect.mean_difference, effect.non_finite?.mean_difference);
  const [low = null, high = null] = effect.confidence_interval;
  const interval = low === null || high === null ? '' : ` [${formatNumber(low)}, ${formatNumber(high)}]`;
  return `${other ?? 'loss'} ${difference}${interval}`;
}

function armRow(name: string, verification: Verification): string[] {
  const cleared = verification.cleared.length === 0 ? '' : `clears ${verification.cleared.join(', ')}`;
  return [name, verification.status, effectText(verification), cleared || verification.reason];
}

function renderRemedies({ remedies, controls, not_applicable }: Report): string {
  const run = remedies.filter(
    ({ verification, screening }) => verification.status !== 'not_run' || screening === null,
  );
  const screenedOut = remedies.filter((remedy) => !run.includes(remedy));
  const dosed = ({ remedy, dose }: Report['remedies'][number]) =>
    dose === null ? remedy : `${remedy} (${dose.name} ${formatNumber(dose.value)})`;
  const rows = [
    ...run.map((row) => armRow(`${row.rank}. ${dosed(row)}`, row.verification)),
    ...controls.map(({ control, verification }) => armRow(control, verification)),
  ];
  const skipped = not_applicable.map(({ remedy, reason }) => `  – ${remedy}: not applicable, ${reason}`);
  const screened = screenedOut.map(
    (row) => `${dosed(row)} ${formatNumber(row.screening?.value ?? null, row.screening?.non_finite?.value)}`,
  );
  const left =
    screened.length === 0
      ? []
      : [
          `  – no more than screened, by what was to get better (the baseline’s: ${formatNumber(screenedOut[0]?.screening?.baseline ?? null)}): ${screened.join(', ')}`,
        ];
  return [table(rows), ...left, ...skipped].join('\n');
}

/** The patch as a diff: what stood at each path, and what stands there after. */
function renderDiff(
  { patch }: NonNullable<Report['recommendation']>,
  experiment: unknown,
  style: Style,
): string {
  return changesOf(experiment, patch)
    .flatMap(({ path, before, after }) => [
      `  ${style.bold(path)}`,
      ...(before === undefined ? [] : [style.bad(`  - ${JSON.stringify(before)}`)]),
      ...(after === undefined ? [] : [style.good(`  + ${JSON.stringify(after)}`)]),
    ])
    .join('\n');
}

const indent = (text: string) =>
  text
    .split('\n')
    .map((line) => `  ${line}`)
    .join('\n');

const renderFailedProof = ({ remedies, seeds, found }: Report['failed_proofs'][number]): string =>
  `  – ${remedies.join(' + ')}: not healthy on every fresh seed (${seeds.join(', ')}): ${found.join(', ')}`;

function renderRecommendation(report: Report, style: Style): string {
  const { recommendation, recommendation_note, failed_proofs } = report;
  if (recommendation === null) return `  ${recommendation_note ?? 'none needed'}`;
  return [
    `  ${recommendation.remedies.join(' + ')} → ${style.good(recommendation.verdict)} on fresh seeds ${recommendation.seeds.join(', ')}`,
    ...(recommendation_note === null ? [] : [`  ${recommendation_note}`]),
    ...failed_proofs.map(renderFailedProof),
    '',
    renderDiff(recommendation, report.experiment, style),
    '',
    style.bold('PyTorch'),
    indent(recommendation.snippets.pytorch),
    '',
    style.bold('Keras'),
    indent(recommendation.snippets.keras),
  ].join('\n');
}

export function renderReport(report: Report, gradients: readonly StatisticsRow[], style: Style): string {
  const verdict = report.verdict === 'healthy' ? style.good('healthy') : style.bad(report.verdict);
  const section = (title: string, body: string) => `${style.bold(title)}\n${body}\n`;
  const parts = [
    `\n${style.bold('Verdict:')} ${verdict}\n`,
    section('Gradient RMS of the kernels (baseline, log scale)', renderGradients(gradients, style)),
    section('Checks', renderChecks(report.checks, style)),
  ];
  if (report.verdict === 'inconclusive')
    parts.push(section('To measure', indent(report.to_measure.join('\n'))));
  if (report.verdict !== 'unhealthy') return parts.join('\n');
  return [
    ...parts,
    section('Remedies', renderRemedies(report)),
    section('Recommendation', renderRecommendation(report, style)),
  ].join('\n');
}
