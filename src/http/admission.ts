/** @file Whether an experiment is small enough to be run: bounds on memory, on the length of a step and on what it leaves. */
import type { Plan } from '../experiment/index.ts';
import type { Estimate } from '../jobs/index.ts';
import { HttpProblem } from './problem.ts';

export interface AdmissionLimits {
  readonly max_parameters: number;
  readonly max_flops_per_step: number;
  readonly max_total_flops: number;
  readonly max_memory_bytes: number;
  readonly max_trace_bytes: number;
}

/** How to get below each limit. */
const fixes = {
  parameters: 'use fewer units',
  flops_per_step: 'use fewer units or a smaller batch',
  total_flops: 'use fewer units, steps or seeds',
  memory_bytes: 'use fewer units or a smaller batch',
  trace_bytes: 'raise diagnostics.probe_every or use fewer steps',
} as const;

export interface Excess {
  readonly name: keyof typeof fixes;
  readonly value: number;
  readonly limit: number;
}

/** Rough figures of one core: only for the guess of a duration. */
const FLOPS_PER_SECOND = 5e9;
const SECONDS_PER_STEP = 6e-4;
const SECONDS_PER_TRIAL = 0.15;

export function estimate(plan: Plan, trials: number, threads: number): Estimate {
  const step = SECONDS_PER_STEP + plan.flops_per_step / FLOPS_PER_SECOND;
  const seconds = (trials * (SECONDS_PER_TRIAL + plan.steps * step)) / Math.min(threads, trials);
  return {
    parameters: plan.parameter_count,
    flops_per_step: plan.flops_per_step,
    trials,
    duration_s: Math.ceil(seconds),
  };
}

const totalFlops = (plan: Plan, trials: number): number => plan.flops_per_step * plan.steps * trials;

/** The limits that the experiment exceeds; empty if it may run. */
export function excesses(plan: Plan, trials: number, limits: AdmissionLimits): Excess[] {
  const measured: Excess[] = [
    { name: 'parameters', value: plan.parameter_count, limit: limits.max_parameters },
    { name: 'flops_per_step', value: plan.flops_per_step, limit: limits.max_flops_per_step },
    { name: 'total_flops', value: totalFlops(plan, trials), limit: limits.max_total_flops },
    { name: 'memory_bytes', value: plan.memory_bytes, limit: limits.max_memory_bytes },
    { name: 'trace_bytes', value: plan.trace_bytes, limit: limits.max_trace_bytes },
  ];
  return measured.filter(({ value, limit }) => value > limit);
}

/**
 * @returns the FLOPs of the whole job
 * @throws HttpProblem experiment_too_large
 */
export function admit(plan: Plan, trials: number, limits: AdmissionLimits): { flops: number } {
  const over = excesses(plan, trials, limits);
  if (over.length === 0) return { flops: totalFlops(plan, trials) };
  const text = over
    .map(
      ({ name, value, limit }) => `${name} ${value.toPrecision(3)} > ${limit.toPrecision(3)}: ${fixes[name]}`,
    )
    .join('; ');
  throw new HttpProblem('experiment_too_large', text, { limits: over });
}
