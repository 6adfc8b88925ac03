/** @file What the report comes to, in the words that stand on top: root cause, change, effect. */
import type { Check, Effect, Report } from '../../client/index.ts';
import { mean, words } from '../lib/format.ts';

export const findingsOf = ({ checks }: Report): Check[] => checks.filter(({ status }) => status === 'found');

export const rootOf = ({ checks, root_cause }: Report): Check | null =>
  checks.find(({ rule }) => rule === root_cause) ?? null;

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

/** Where one side has standardized targets, only the losses on the targets' own scale can be held against each other. */
const SHOWN_FIRST = [
  'final_loss',
  'final_loss_original_scale',
  'validation_loss',
  'validation_loss_original_scale',
  'final_accuracy',
  'validation_accuracy',
];

/** Goals beside the training loss, which may rise where they are reached, with what shows them. */
const OTHER_GOALS: Readonly<Record<string, readonly string[]>> = {
  validation_loss_ratio: ['validation_loss', 'validation_loss_original_scale'],
  missed_rare_class: ['missed_rare_class'],
  training_error: ['training_error'],
};

/** What the change was chosen by comes first. */
export function outcomesOf(effects: readonly Effect[]): Outcome[] {
  const hasPlain = effects.some(({ metric }) => metric === 'final_loss');
  const chosenBy = OTHER_GOALS[effects[0]?.metric ?? ''] ?? [];
  return [...new Set([...chosenBy, ...SHOWN_FIRST])].flatMap((metric) => {
    const effect = effects.find((one) => one.metric === metric);
    if (effect === undefined || (hasPlain && metric.endsWith('_original_scale'))) return [];
    return [{ metric, before: mean(effect.baseline), after: mean(effect.treated), effect }];
  });
}

/** Whether it is a share of samples. */
export const isShare = (metric: string): boolean =>
  metric.endsWith('accuracy') || ['missed_rare_class', 'training_error'].includes(metric);
