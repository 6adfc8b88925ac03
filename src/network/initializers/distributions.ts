/** @file Fills an array from a distribution. */
import type { Random } from '../../util/random.ts';

/** Standard deviation of N(0, 1) truncated to [−2, 2]. */
export const TRUNCATED_STDDEV = 0.87962566103423978;

export function fillNormal(out: Float32Array, random: Random, mean: number, stddev: number): void {
  for (let i = 0; i < out.length; i++) out[i] = mean + stddev * random.normal();
}

/** N(mean, stddev²), redrawn beyond two standard deviations; `stddev` is that before truncation, as in Keras. */
export function fillTruncatedNormal(out: Float32Array, random: Random, mean: number, stddev: number): void {
  for (let i = 0; i < out.length; i++) {
    let z = random.normal();
    while (Math.abs(z) > 2) z = random.normal();
    out[i] = mean + stddev * z;
  }
}

export function fillUniform(out: Float32Array, random: Random, min: number, max: number): void {
  for (let i = 0; i < out.length; i++) out[i] = min + (max - min) * random.uniform();
}

/** As a number in code. */
const digits = (value: number): number => Number(value.toPrecision(9));

/** As `fillVariance` draws them, in PyTorch: for tensors whose fans PyTorch does not know. */
export function torchVariance(
  variance: number,
  distribution: 'normal' | 'truncated_normal' | 'uniform',
): string {
  const stddev = Math.sqrt(variance);
  const bound = digits(stddev * Math.sqrt(3));
  if (distribution === 'normal') return `nn.init.normal_(w, 0, ${digits(stddev)})`;
  if (distribution === 'uniform') return `nn.init.uniform_(w, ${-bound}, ${bound})`;
  const wide = digits(stddev / TRUNCATED_STDDEV);
  return `nn.init.trunc_normal_(w, 0, ${wide}, ${digits(-2 * wide)}, ${digits(2 * wide)})`;
}

/** The same for Keras, which takes the size of a vector for its fans. */
export function kerasVariance(
  variance: number,
  distribution: 'normal' | 'truncated_normal' | 'uniform',
): string {
  const stddev = Math.sqrt(variance);
  const bound = digits(stddev * Math.sqrt(3));
  if (distribution === 'uniform') return `keras.initializers.RandomUniform(${-bound}, ${bound})`;
  return distribution === 'normal'
    ? `keras.initializers.RandomNormal(0.0, ${digits(stddev)})`
    : `keras.initializers.TruncatedNormal(0.0, ${digits(stddev / TRUNCATED_STDDEV)})`;
}

/** Mean 0 and exactly this variance, by the distribution's own correction. */
export function fillVariance(
  out: Float32Array,
  random: Random,
  variance: number,
  distribution: 'normal' | 'truncated_normal' | 'uniform',
): void {
  const stddev = Math.sqrt(variance);
  if (distribution === 'normal') fillNormal(out, random, 0, stddev);
  else if (distribution === 'uniform')
    fillUniform(out, random, -stddev * Math.sqrt(3), stddev * Math.sqrt(3));
  else fillTruncatedNormal(out, random, 0, stddev / TRUNCATED_STDDEV);
}
