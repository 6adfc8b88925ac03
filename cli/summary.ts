/** @file A report in a few lines: cause, change, loss before and after, where to look. */
import type { Report } from '../client/index.ts';
import { formatNumber, type Style } from './format.ts';

type Check = Report['checks'][number];

/** What is found and explained by nothing else that is found, the worst first. */
function rootOf({ checks }: Report): Check | undefined {
  const found = checks.filter(({ status, severity }) => status === 'found' && severity !== 'info');
  const rules = new Set(found.map(({ rule }) => rule));
  const roots = found.filter(({ caused_by }) => !caused_by.some((rule) => rules.has(rule)));
  return roots.find(({ severity }) => severity === 'critical') ?? roots[0] ?? found[0];
}

const mean = (values: readonly (number | null)[]): number | null =>
  values.includes(null) || values.length === 0
    ? null
    : values.reduce<number>((sum, value) => sum + (value ?? 0), 0) / values.length;

function changeLines({ recommendation, recommendation_note: note, verdict }: Report, style: Style): string[] {
  if (recommendation === null)
    return verdict !== 'unhealthy' ? [] : [`Change:   none. ${note ?? ''}`.trimEnd()];
  const { remedies, effects, seeds } = recommendation;
  const loss = effects.find(({ metric }) => metric === 'final_loss');
  const effect =
    loss === undefined
      ? []
      : [
          `Loss:     ${formatNumber(mean(loss.baseline))} → ${style.good(formatNumber(mean(loss.treated)))}, then ${recommendation.verdict} on fresh seeds ${seeds.join(', ')}`,
        ];
  return [
    `Change:   ${style.bold(remedies.join(' + '))}`,
    ...effect,
    ...(note === null ? [] : [`Note:     ${note}`]),
  ];
}

/** @param places where more is to be seen, a line each */
export function renderSummary(report: Report, places: readonly string[], style: Style): string {
  const verdict = report.verdict === 'healthy' ? style.good(report.verdict) : style.bad(report.verdict);
  const root = rootOf(report);
  return [
    '',
    `${style.bold('Verdict:')} ${verdict}`,
    ...(root === undefined ? [] : [`Cause:    ${style.bold(root.rule)}. ${root.explanation}`]),
    ...report.to_measure.map((line) => `Measure:  ${line}`),
    ...changeLines(report, style),
    ...places,
    '',
  ].join('\n');
}
