/** @file The update that Adam and AdamW share. */
import type { OptimizerStep } from './optimizer.ts';

export interface AdamOptions {
  readonly beta_1: number;
  readonly beta_2: number;
  readonly epsilon: number;
}

/** w ← w − decay·w − lr·√(1−β₂ᵗ)/(1−β₁ᵗ) · m/(√v + ε), with m and v the running means of g and g². */
export function adamUpdate(
  step: OptimizerStep,
  { beta_1, beta_2, epsilon }: AdamOptions,
  decay: number,
): void {
  const { kernels, weights, gradient, learningRate, t } = step;
  const [means, squares] = step.slots as [Float32Array, Float32Array];
  kernels.adam(
    weights.length,
    weights.byteOffset,
    gradient.byteOffset,
    means.byteOffset,
    squares.byteOffset,
    (learningRate * Math.sqrt(1 - beta_2 ** t)) / (1 - beta_1 ** t),
    beta_1,
    beta_2,
    1 - beta_1,
    1 - beta_2,
    epsilon,
    decay,
  );
}
