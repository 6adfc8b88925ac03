/** @file What the report comes to, in the words that stand on top: root cause, change, effect. */
import type { Check, Effect, Report } from '../../client/index.ts';
import { mean, words } from '../lib/format.ts';

const SEVERITIES = ['critical', 'warning', 'info'];
const severityOf = ({ severity }: Check): number => {
  const at = SEVERITIES.indexOf(severity ?? '');
  return at < 0 ? SEVERITIES.length : at;
};

export const findingsOf = ({ checks }: Report): Check[] => checks.filter(({ status }) => status === 'found');

/** What is found and explained by nothing else that is found, the worst first, then what explains most. */
function rootsOf(report: Report): Check[] {
  const findings = findingsOf(report);
  const explains = ({ rule }: Check) => findings.filter(({ caused_by }) => caused_by.includes(rule)).length;
  return findings
    .filter(({ caused_by }) => !caused_by.some((rule) => findings.some((one) => one.rule === rule)))
    .sort((a, b) => severityOf(a) - severityOf(b) || explains(b) - explains(a));
}

export const rootOf = (report: Report): Check | null => {
  const root = rootsOf(report)[0];
  return root === undefined || root.severity === 'info' ? null : root;
};

/** How many findings it leads to, directly or by way of others. */
export function explainedBy(report: Report, root: string): number {
  const findings = findingsOf(report);
  const reached = new Set([root]);
  for (let before = 0; before < reached.size; ) {
    before = reached.size;
    for (const { rule, caused_by } of findings)
      if (caused_by.some((cause) => reached.has(cause))) reached.add(rule);
  }
  return reached.size - 1;
}

const record = (value: unknown): Record<string, unknown> =>
  value !== null && typeof value === 'object' ? (value as Record<string, unknown>) : {};
const numberOf = (value: unknown): number | null => (typeof value === 'number' ? value : null);

export interface Reference {
  readonly kind: string;
  readonly loss: number | null;
  readonly validation_loss: number | null;
  readonly accuracy: number | null;
}

/** The plain learner that the network is held against, where the report has one. */
export function referenceOf(report: Report): Reference | null {
  const given = record(record(report).reference);
  if (Object.keys(given).length === 0) return null;
  return {
    kind: words(String(given.kind ?? given.learner ?? 'reference')),
    loss: numberOf(given.loss) ?? numberOf(given.final_loss),
    validation_loss: numberOf(given.validation_loss),
    accuracy: numberOf(given.accuracy),
  };
}

export const titleOf = (report: Report, remedy: string): string =>
  report.remedies.find((one) => one.remedy === remedy)?.title ?? words(remedy);

export interface Outcome {
  readonly metric: string;
  readonly before: number | null;
  readonly after: number | null;
  readonly effect: Effect;
}

const SHOWN_FIRST = ['final_loss', 'validation_loss', 'final_accuracy', 'validation_accuracy'];

export function outcomesOf(effects: readonly Effect[]): Outcome[] {
  return SHOWN_FIRST.flatMap((metric) => {
    const effect = effects.find((one) => one.metric === metric);
    if (effect === undefined) return [];
    return [{ metric, before: mean(effect.baseline), after: mean(effect.treated), effect }];
  });
}

export const isAccuracy = (metric: string): boolean => metric.endsWith('accuracy');
