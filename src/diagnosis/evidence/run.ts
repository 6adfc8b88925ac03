/** @file Measured series of the run as a whole, and of kernels. */
import { findSeries, type Series, type Trace } from '../../statistics/index.ts';

/** Values of a run metric at its last measured step, or null where it was not measured. */
export function lastOf(trace: Trace, metric: string): { step: number; value: number } | null {
  const series = findSeries(trace, null, null, metric);
  const value = series?.values.at(-1);
  return series === undefined || value === undefined ? null : { step: series.steps.at(-1) as number, value };
}

export function runSeries(trace: Trace, metric: string): Series | null {
  return findSeries(trace, null, null, metric) ?? null;
}

/** The tensor that an update changes: `kernel.update` → `kernel`. */
export const weightsOf = (update: string | null): string | null => update?.replace(/\.update$/, '') ?? null;

/** A metric of every kernel's update (kernels have a scale; biases that start at 0 have none). */
export const kernelUpdates = (trace: Trace, metric: string): Series[] =>
  trace.series.filter((s) => s.metric === metric && s.tensor?.endsWith('kernel.update') === true);

export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1
    ? (sorted[middle] as number)
    : ((sorted[middle - 1] as number) + (sorted[middle] as number)) / 2;
}

/** Of a training of fewer steps nothing can be said but that they are few. */
export const FEW_STEPS = 20;

/** Weights that all updates together changed by less than this part of them are still as they were drawn. */
export const UNTOUCHED = 0.1;

/** How far the kernel that moved most came: mean over the probed steps of ‖update‖/‖kernel‖, times the steps; null where none was measured. */
export function distanceMoved(trace: Trace): number | null {
  const moved = kernelUpdates(trace, 'ratio_to_weight').flatMap(({ values }) => {
    const known = [...values].filter(Number.isFinite);
    const sum = known.reduce((total, ratio) => total + ratio, 0);
    return sum === 0 ? [] : [(sum / known.length) * trace.steps_completed];
  });
  return moved.length === 0 ? null : Math.max(...moved);
}

/** Means of the losses over windows of equal length, so that the noise of single batches goes. */
export function lossWindows(trace: Trace, windows: number): number[] {
  const { data_losses: losses } = trace;
  const size = Math.floor(losses.length / windows);
  if (size < 1) return [];
  return Array.from({ length: windows }, (_, w) => {
    const part = losses.subarray(w * size, w === windows - 1 ? losses.length : (w + 1) * size);
    return part.reduce((sum, loss) => sum + loss, 0) / part.length;
  });
}

/** Below this an update is lost in the rounding of the weights. */
const STILL = 1e-7;

/** Whether any kernel was moved; true where no update was measured. */
export function moves(trace: Trace): boolean {
  const ratios = kernelUpdates(trace, 'ratio_to_weight').flatMap(({ values }) => [...values]);
  const known = ratios.filter((ratio) => !Number.isNaN(ratio));
  return known.length === 0 || known.some((ratio) => ratio > STILL);
}
