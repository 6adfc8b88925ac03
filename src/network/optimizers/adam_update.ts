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
  const { weights, gradient, learningRate, t } = step;
  const [means, squares] = step.slots as [Float32Array, Float32Array];
  const rate = (learningRate * Math.sqrt(1 - beta_2 ** t)) / (1 - beta_1 ** t);
  for (let i = 0; i < weights.length; i++) {
    const g = gradient[i] as number;
    const m = beta_1 * (means[i] as number) + (1 - beta_1) * g;
    const v = beta_2 * (squares[i] as number) + (1 - beta_2) * g * g;
    means[i] = m;
    squares[i] = v;
    const w = weights[i] as number;
    weights[i] = w - decay * w - (rate * m) / (Math.sqrt(v) + epsilon);
  }
}
