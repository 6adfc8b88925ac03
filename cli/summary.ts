/** @file A report in a few lines: causes, change, loss before and after, where to look. */
import { changesOf, otherRootsOf, type Report } from '../client/index.ts';
import { formatNumber, type Style } from './format.ts';

type Recommendation = NonNullable<Report['recommendation']>;

const mean = (values: readonly (number | null)[]): number | null =>
  values.includes(null) || values.length === 0
    ? null
    : values.reduce<number>((sum, value) => sum + (value ?? 0), 0) / values.length;

/** The recommended loss may be that of scaled targets: then their own scale comes first, which the baseline has as well. */
const LOSSES = {
  final_loss: 'Loss:    ',
  final_loss_original_scale: 'Loss:    ',
  final_loss_ratio: 'Loss over that of a constant:',
} as const;

/** By the goal that decided: the training loss may rise where samples were known by heart, or where rare classes weigh more. */
const SHOWN: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  validation_loss_ratio: {
    validation_loss: 'Validation loss:',
    validation_loss_original_scale: 'Validation loss:',
    validation_loss_ratio: 'Validation loss over that of a constant:',
  },
  missed_rare_class: { missed_rare_class: 'Missed of the class that is found least:' },
  training_error: { training_error: 'Wrong of the training samples:' },
};
const SHARES = ['missed_rare_class', 'training_error'];

function effectLines({ effects, seeds, verdict }: Recommendation, style: Style): string[] {
  const labels: Readonly<Record<string, string>> = SHOWN[effects[0]?.metric ?? ''] ?? LOSSES;
  const name = Object.keys(labels).find((one) => effects.some(({ metric }) => metric === one));
  const effect = effects.find(({ metric }) => metric === name);
  if (name === undefined || effect === undefined) return [];
  const shown = (values: readonly (number | null)[]): string => {
    const value = mean(values);
    return SHARES.includes(name) && value !== null ? `${formatNumber(100 * value)} %` : formatNumber(value);
  };
  const [before, after] = [shown(effect.baseline), shown(effect.treated)];
  return [
    `${labels[name]} ${before} → ${style.good(after)}, then ${verdict} on fresh seeds ${seeds.join(', ')}`,
  ];
}

/** So many settings and so many characters of each: the page and `--details` show all. */
const [MOST_SETTINGS, MOST_CHARACTERS] = [6, 60];
const shown = (value: unknown): string => {
  const text = value === undefined ? 'nothing' : JSON.stringify(value);
  return text.length > MOST_CHARACTERS ? `${text.slice(0, MOST_CHARACTERS - 1)}…` : text;
};

function settingLines({ patch }: Recommendation, experiment: unknown): string[] {
  const all = changesOf(experiment, patch);
  const lines = all
    .slice(0, MOST_SETTINGS)
    .map(({ path, before, after }) => `          ${path}: ${shown(before)} → ${shown(after)}`);
  const more = all.length - lines.length;
  return more > 0 ? [...lines, `          and ${more} more: see --details`] : lines;
}

function changeLines(
  { recommendation, recommendation_note: note, ...report }: Report,
  style: Style,
): string[] {
  if (recommendation === null)
    return report.verdict !== 'unhealthy' ? [] : [`Change:   none. ${note ?? ''}`.trimEnd()];
  return [
    `Change:   ${style.bold(recommendation.remedies.join(' + '))}`,
    ...settingLines(recommendation, report.experiment),
    ...effectLines(recommendation, style),
    ...(note === null ? [] : [`Note:     ${note}`]),
  ];
}

/** @param places where more is to be seen, a line each */
export function renderSummary(report: Report, places: readonly string[], style: Style): string {
  const verdict = report.verdict === 'healthy' ? style.good(report.verdict) : style.bad(report.verdict);
  const root = report.checks.find(({ rule }) => rule === report.root_cause);
  return [
    '',
    `${style.bold('Verdict:')} ${verdict}`,
    ...(root === undefined ? [] : [`Cause:    ${style.bold(root.rule)}. ${root.explanation}`]),
    ...otherRootsOf(report).map(({ rule, explanation }) => `Besides:  ${style.bold(rule)}. ${explanation}`),
    ...report.to_measure.map((line) => `Measure:  ${line}`),
    ...changeLines(report, style),
    ...places,
    '',
  ].join('\n');
}
