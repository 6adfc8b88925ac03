/** @file Whether an experiment is small enough to be run: bounds on memory and on the length of a step. */
import type { Plan } from '../experiment/index.ts';
import type { Estimate } from '../jobs/index.ts';
import { HttpProblem } from './problem.ts';

export interface AdmissionLimits {
  readonly max_parameters: number;
  readonly max_flops_per_step: number;
  readonly max_total_flops: number;
  readonly max_memory_bytes: number;
}

export interface Excess {
  readonly name: string;
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

/** What is over which limit; empty for an experiment that may run. */
export function excesses(plan: Plan, trials: number, limits: AdmissionLimits): Excess[] {
  const measured = [
    { name: 'parameters', value: plan.parameter_count, limit: limits.max_parameters },
    { name: 'flops_per_step', value: plan.flops_per_step, limit: limits.max_flops_per_step },
    { name: 'total_flops', value: totalFlops(plan, trials), limit: limits.max_total_flops },
    { name: 'memory_bytes', value: plan.memory_bytes, limit: limits.max_memory_bytes },
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
    .map(({ name, value, limit }) => `${name} ${value.toPrecision(3)} > ${limit.toPrecision(3)}`)
    .join(', ');
  throw new HttpProblem('experiment_too_large', text, { limits: over });
}
