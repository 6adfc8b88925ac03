/** @file Over how many numbers each normalization takes its mean and variance. */
import { planExperiment } from './plan.ts';
import type { Experiment } from './schema.ts';

export interface Normalized {
  readonly layer: string;
  /** JSON Pointer to the layer in the experiment. */
  readonly pointer: string;
  readonly type: string;
  readonly numbers: number;
}

const product = (shape: readonly number[]): number => shape.reduce((size, length) => size * length, 1);

/** How many numbers share a mean and a variance, by type; [features], [time, features] or [channels, height, width]. */
function numbersOf(type: string, shape: readonly number[], batch: number, groups: number): number | null {
  const positions = shape.length === 3 ? product(shape.slice(1)) : shape.length === 2 ? (shape[0] ?? 1) : 1;
  const features = (shape.length === 3 ? shape[0] : shape.at(-1)) ?? 1;
  const spatial = shape.length === 3 ? positions : 1;
  const known: Readonly<Record<string, number>> = {
    batch_norm: batch * positions,
    layer_norm: features * spatial,
    rms_norm: features * spatial,
    instance_norm: positions,
    group_norm: (features / groups) * positions,
  };
  return known[type] ?? null;
}

/**
 * @param as take every normalization for one of this type
 * @returns all normalizations, in their order
 */
export function normalizationsOf(experiment: Experiment, as?: string): Normalized[] {
  const { layers, batch_size } = planExperiment(experiment);
  return layers.flatMap(({ name, type, input_shape, pointer }) => {
    const own = numbersOf(type, input_shape, batch_size, groupsAt(experiment, pointer));
    const numbers = own === null || as === undefined ? own : numbersOf(as, input_shape, batch_size, 1);
    return numbers === null ? [] : [{ layer: name, pointer, type: as ?? type, numbers }];
  });
}

function groupsAt(experiment: Experiment, pointer: string): number {
  const found = pointer
    .split('/')
    .slice(1)
    .reduce<unknown>((value, key) => (value as Record<string, unknown> | undefined)?.[key], experiment);
  return (found as { groups?: number } | undefined)?.groups ?? 1;
}

/** Of fewer numbers a normalization leaves hardly anything. */
export const LEAST_NORMALIZED = 3;

/** RMS normalization takes no mean away, so that two numbers keep their ratio. */
export const leastOf = (type: string, limit: number): number => (type === 'rms_norm' ? limit - 1 : limit);

/** Whether what it leaves of its numbers says hardly anything about them. */
export const isDegenerate = ({ type, numbers }: Normalized): boolean =>
  numbers < leastOf(type, LEAST_NORMALIZED);
