/** @file The random numbers of dropout and noise layers: a stream of their own for every layer and step. */
import type { Noise } from '../network/index.ts';
import { createRandom } from '../util/random.ts';

export function fillNoise(
  { distribution, name }: Noise,
  out: Float32Array,
  seed: number,
  step: number,
): void {
  const random = createRandom(seed, 'noise', name, step);
  const draw = distribution === 'uniform' ? random.uniform : random.normal;
  for (let i = 0; i < out.length; i++) out[i] = draw();
}
