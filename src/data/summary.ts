/** @file What the rules are told of the training data: scales, range of the targets, sizes of the classes. */
import type { DataSplits } from './splits.ts';

/** What is known of the training split. */
export interface DataSummary {
  /** Of all inputs; null for tokens. */
  readonly input_rms: number | null;
  /** Largest over median standard deviation of the features that vary; null unless inputs are plain vectors. */
  readonly feature_scale_ratio: number | null;
  /** Smallest and largest target; null where targets are classes. */
  readonly target_range: readonly [number, number] | null;
  /** Samples of each class; null where targets are values. */
  readonly class_counts: readonly number[] | null;
}

/** Biased standard deviation of each feature. */
function deviations(inputs: Float32Array, features: number): number[] {
  const count = inputs.length / features;
  return Array.from({ length: features }, (_, j) => {
    let [sum, squares] = [0, 0];
    for (let i = j; i < inputs.length; i += features) sum += inputs[i] as number;
    const mean = sum / count;
    for (let i = j; i < inputs.length; i += features) squares += ((inputs[i] as number) - mean) ** 2;
    return Math.sqrt(squares / count);
  });
}

function scaleRatio(inputs: Float32Array, features: number): number {
  const varying = deviations(inputs, features)
    .filter((deviation) => deviation > 0)
    .sort((a, b) => a - b);
  // The median, because images have pixels that hardly ever vary.
  const [median, largest] = [varying[varying.length >> 1], varying.at(-1)];
  return median === undefined || largest === undefined ? 1 : largest / median;
}

/** @param inputShape of the network, without the batch */
export function summarizeData(
  { training, description, class_counts }: DataSplits,
  inputShape: readonly number[],
): DataSummary {
  const { inputs, targets } = training;
  const tokens = description.tokens !== null;
  const squares = inputs.reduce((sum, x) => sum + x * x, 0);
  return {
    input_rms: tokens ? null : Math.sqrt(squares / inputs.length),
    feature_scale_ratio:
      tokens || inputShape.length !== 1 ? null : scaleRatio(inputs, inputShape[0] as number),
    target_range:
      class_counts === null
        ? [
            targets.reduce((least, x) => Math.min(least, x), Number.POSITIVE_INFINITY),
            targets.reduce((most, x) => Math.max(most, x), Number.NEGATIVE_INFINITY),
          ]
        : null,
    class_counts,
  };
}
