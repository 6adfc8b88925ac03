/** @file The verdict of a job, and what it would have to measure for a clear one. */
import type { Trace } from '../statistics/index.ts';
import type { Check } from './check.ts';
import { verdictOf } from './diagnose.ts';
import { isUnlearnable, LEARNABLE, progressOf } from './evidence/progress.ts';
import { text } from './wording.ts';

export const verdicts = ['healthy', 'unhealthy', 'inconclusive'] as const;
export type Verdict = (typeof verdicts)[number];

/** Steps that a training is measured at where nothing else is said. */
const PROBES = 20;

/** It has not learned, and no longer tries; or what it learns are its own samples, for all that is known. */
function isUntold(trace: Trace): boolean {
  const { state } = progressOf(trace);
  return state === 'stuck' || (state === 'learning' && isUnlearnable(trace));
}

function unprobed(checks: readonly Check[], [trace]: readonly Trace[]): string[] {
  if (trace === undefined || trace.series.length > 0) return [];
  const every = Math.max(1, Math.floor(trace.steps_planned / PROBES));
  return checks
    .filter(({ status, explanation }) => status === 'not_evaluable' && explanation.startsWith('nothing was'))
    .map(({ rule }) => `${rule}: measure the training, \`diagnostics.probe_every\`: ${every}`);
}

function unexplained(traces: readonly Trace[]): string[] {
  const still = traces.filter(isUntold);
  if (still.length * 2 <= traces.length) return [];
  const [ratio = 1] = still.map((trace) => progressOf(trace).loss_ratio);
  if (still.every(isUnlearnable) && ratio < LEARNABLE.value)
    return [
      `loss_not_decreasing: the loss comes to ${text(ratio)} of a constant’s on the samples that are trained on, but a plain network that is ` +
        'known to learn tells others no better apart than a constant. So this one may only learn its samples by heart, and nothing more ' +
        'can be said. Give more samples, or other inputs, or train longer',
    ];
  if (still.every(isUnlearnable))
    return [
      'loss_not_decreasing: neither this network nor a plain one that is known to learn gets clearly below the loss of a constant: these ' +
        'inputs, in so few samples, do not tell the targets, so that nothing can be said of the network. Look for equal inputs with ' +
        'different targets, and give more samples or other inputs',
    ];
  return [
    `loss_not_decreasing: the loss stands at ${text(ratio)} of a constant’s, and no rule tells why. Train with more steps, and on more ` +
      'seeds (`diagnostics.seeds`)',
  ];
}

/**
 * Unhealthy where something serious was found. Else healthy only where it was looked for: the gradients were measured, and the training
 * got somewhere, or as far as the reference, which did.
 */
export function verdictOfJob(
  checks: readonly Check[],
  traces: readonly Trace[],
): { readonly verdict: Verdict; readonly to_measure: string[] } {
  if (verdictOf(checks) === 'unhealthy') return { verdict: 'unhealthy', to_measure: [] };
  const to_measure = [...unprobed(checks, traces), ...unexplained(traces)];
  return { verdict: to_measure.length > 0 ? 'inconclusive' : 'healthy', to_measure };
}
