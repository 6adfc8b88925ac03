/** @file The targets of the first batch, and the share that each of them has in the loss. */
import type { DataSplits } from '../../data/index.ts';
import type { Experiment } from '../../experiment/index.ts';
import type { Loss } from '../../network/index.ts';
import type { Targets } from './head.ts';

/** As the training weighs: `balanced` is n/(classes · n_c), 0 for a class without samples. */
function classWeights(config: Experiment['training']['class_weights'], counts: readonly number[] | null) {
  if (config !== 'balanced') return config;
  const n = (counts ?? []).reduce((total, count) => total + count, 0);
  return (counts ?? []).map((count) => (count === 0 ? 0 : n / ((counts ?? []).length * count)));
}

/** For a network whose output is one vector per sample. */
export function targetsOf(
  { training }: Experiment,
  loss: Loss,
  data: DataSplits,
  indices: Int32Array,
  outputShape: readonly number[],
): Targets {
  const outputs = outputShape[0] ?? 1;
  const isClass = loss.target === 'classes';
  const given = data.training.targets;
  const weights = classWeights(training.class_weights, data.class_counts);
  const labels = [...indices].map((index) =>
    isClass ? [given[index] as number] : [...given.subarray(index * outputs, (index + 1) * outputs)],
  );
  const weighted = labels.map((row) => row.map((label) => weights?.[label] ?? 1));
  const sum = weighted.flat().reduce((total, weight) => total + weight, 0);
  const terms = loss.summed ? outputs : 1;
  const spread = (row: readonly number[]) => row.map((weight) => (terms * weight) / sum);
  return {
    loss,
    rows: isClass
      ? labels.map(([label]) => Array.from({ length: outputs }, (_, j) => (j === label ? 1 : 0)))
      : labels,
    shares: isClass
      ? weighted.map(([weight]) => new Array<number>(outputs).fill((weight as number) / sum))
      : weighted.map(spread),
  };
}
