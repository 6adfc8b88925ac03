/** @file Whether the samples of a batch are more alike than chance makes them: sorted data that nobody shuffled. */
import type { Batches } from './batches.ts';
import type { Split } from './splits.ts';

/** How like each other the targets of a batch are. */
export interface BatchOrder {
  /**
   * Fraction of the targets' variance (of classes: one-hot) that lies between the batches of an epoch, less what chance puts
   * there: 0 for shuffled samples, 1 where all targets of a batch are the same.
   */
  readonly between_batches: number;
  /** Mean number of classes in a batch, and what it is by chance; null unless targets are classes. */
  readonly classes_per_batch: { readonly mean: number; readonly by_chance: number } | null;
}

/** Σ (x − mean)² of one column over these samples. */
function squaresAround(values: (sample: number) => number, samples: readonly number[]): number {
  const mean = samples.reduce((sum, i) => sum + values(i), 0) / samples.length;
  return samples.reduce((sum, i) => sum + (values(i) - mean) ** 2, 0);
}

/** Of the first epoch's whole batches; the fraction between them is (η² − e) / (1 − e), e = (k − 1)/(n − 1) by chance. */
function between(columns: readonly ((sample: number) => number)[], batches: readonly number[][]): number {
  const all = batches.flat();
  const expected = (batches.length - 1) / (all.length - 1);
  let [within, total] = [0, 0];
  for (const column of columns) {
    const whole = squaresAround(column, all);
    if (whole === 0) continue;
    // Every output counts alike, whatever its scale.
    const inside = batches.reduce((sum, batch) => sum + squaresAround(column, batch), 0);
    [within, total] = [within + inside / whole, total + 1];
  }
  if (total === 0 || expected >= 1) return 0;
  return (1 - within / total - expected) / (1 - expected);
}

function classesPerBatch(targets: Float32Array, batches: readonly number[][]) {
  const counts = new Map<number, number>();
  for (const i of batches.flat())
    counts.set(targets[i] as number, (counts.get(targets[i] as number) ?? 0) + 1);
  const [n, size] = [batches.flat().length, batches[0]?.length ?? 1];
  const chance = [...counts.values()].map((count) => 1 - (1 - count / n) ** size);
  const found = batches.map((batch) => new Set(batch.map((i) => targets[i])).size);
  return {
    mean: found.reduce((a, b) => a + b, 0) / found.length,
    by_chance: chance.reduce((a, b) => a + b, 0),
  };
}

/** More classes, or outputs, than this are not looked at one by one. */
const MAX_COLUMNS = 32;

/** @param classes of one-class-a-sample targets; null where they are values */
export function batchOrder(
  { targets, count }: Split,
  { batchSize, indices }: Batches,
  classes: number | null,
): BatchOrder | null {
  const whole = Math.floor(count / batchSize);
  const outputs = targets.length / count;
  if (whole < 2 || (classes !== null && outputs > 1)) return null;
  const batches = Array.from({ length: whole }, (_, step) => [...indices(step)]);
  const width = Math.min(MAX_COLUMNS, classes ?? outputs);
  const columns = Array.from({ length: width }, (_, j) =>
    classes === null
      ? (i: number) => targets[i * outputs + j] as number
      : (i: number) => Number(targets[i] === j),
  );
  return {
    between_batches: between(columns, batches),
    classes_per_batch: classes === null ? null : classesPerBatch(targets, batches),
  };
}
