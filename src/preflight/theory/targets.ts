/** @file The targets of the first batch, and the share that each of them has in the loss. */
import { balancedWeights, type DataSplits } from '../../data/index.ts';
import type { Experiment } from '../../experiment/index.ts';
import type { Loss } from '../../network/index.ts';
import type { Targets } from './head.ts';

/** As the training weighs: what a target of this output does. */
function weightsOf({ training }: Experiment, loss: Loss, data: DataSplits, outputs: number) {
  const config = training.class_weights;
  if (config === null) return () => 1;
  if (config !== 'balanced') return (_: number, target: number) => config[target] ?? 1;
  if (loss.target !== 'binary') {
    const weights = balancedWeights(data.class_counts ?? []);
    return (_: number, target: number) => weights[target] ?? 1;
  }
  const { targets, count } = data.training;
  const tables = Array.from({ length: outputs }, (_, j) => {
    const ones = Array.from({ length: count }, (__, i) => targets[i * outputs + j] as number);
    const yes = ones.reduce((sum, one) => sum + one, 0);
    return balancedWeights([count - yes, yes]);
  });
  return (output: number, target: number) => tables[output]?.[target] ?? 1;
}

/** For a network whose output is one vector per sample. */
export function targetsOf(
  experiment: Experiment,
  loss: Loss,
  data: DataSplits,
  indices: Int32Array,
  outputShape: readonly number[],
): Targets {
  const outputs = outputShape[0] ?? 1;
  const isClass = loss.target === 'classes';
  const given = data.training.targets;
  const weightOf = weightsOf(experiment, loss, data, outputs);
  const each = given.length / data.training.count;
  const coded = (index: number): number[] => {
    const row = new Array<number>(outputs).fill(0);
    loss.encode?.(given, index * each, row, 0);
    return row;
  };
  const labels = [...indices].map((index) =>
    loss.encode !== null
      ? coded(index)
      : isClass
        ? [given[index] as number]
        : Array.from(
            { length: outputs },
            (_, j) => given[Math.floor((index * outputs + j) / loss.copies)] as number,
          ),
  );
  const weighted = labels.map((row) => row.map((label, j) => weightOf(j, label)));
  const sum = weighted.flat().reduce((total, weight) => total + weight, 0);
  const terms = loss.summed || loss.whole ? outputs : 1;
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
