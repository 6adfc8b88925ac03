/** @file Orthonormal columns, or rows where there are fewer of them. */
import { z } from 'zod';
import type { Random } from '../../util/random.ts';
import { defineInitializer, isConvolution, type Target } from './initializer.ts';

/** Rows and columns of the matrix that the parameter is filled as. */
function matrixOf({ shape }: Target): [rows: number, columns: number] {
  const size = shape.reduce((product, length) => product * length, 1);
  const columns = isConvolution(shape) ? size / (shape[0] ?? 1) : (shape.at(-1) ?? 1);
  return [size / columns, columns];
}

/**
 * Gram–Schmidt on Gaussian vectors, in float64. Each is orthogonalised twice: once leaves an error that grows with the
 * condition of the matrix ("twice is enough", Giraud et al. 2005). Convolution kernels are matrices [out, in · window].
 * Asks before each vector: of 4472 × 4472 numbers they take minutes together.
 */
function fillOrthogonal(
  out: Float32Array,
  target: Target,
  random: Random,
  { gain }: { gain: number },
  checkpoint: () => void = () => {},
): void {
  const [rows, columns] = matrixOf(target);
  const [count, length] = [Math.min(rows, columns), Math.max(rows, columns)];
  const vectors: Float64Array[] = [];
  for (let k = 0; k < count; k++) {
    checkpoint();
    const vector = Float64Array.from({ length }, () => random.normal());
    for (let pass = 0; pass < 2; pass++) for (const other of vectors) removeComponent(vector, other);
    const norm = Math.sqrt(vector.reduce((sum, value) => sum + value * value, 0));
    vectors.push(vector.map((value) => value / norm));
  }
  vectors.forEach((vector, k) => {
    vector.forEach((value, i) => {
      out[rows >= columns ? i * columns + k : k * columns + i] = gain * value;
    });
  });
}

function removeComponent(vector: Float64Array, unit: Float64Array): void {
  let dot = 0;
  for (let i = 0; i < vector.length; i++) dot += (vector[i] as number) * (unit[i] as number);
  for (let i = 0; i < vector.length; i++) vector[i] = (vector[i] as number) - dot * (unit[i] as number);
}

export const orthogonal = defineInitializer({
  type: 'orthogonal',
  title: 'Orthogonal',
  formula: 'WᵀW = gain² I',
  sources: ['Saxe et al. 2014, arXiv:1312.6120'],
  options: { gain: z.number().min(0).max(1e6).default(1).describe('Factor on the orthonormal matrix') },
  fill: fillOrthogonal,
  moments: (target, { gain }) => ({ mean: 0, variance: gain ** 2 / Math.max(...matrixOf(target)) }),
  pytorch: ({ gain }) => `nn.init.orthogonal_(w, ${gain})`,
  vector: ({ gain }) => `nn.init.normal_(w).data.mul_(${gain} / w.data.norm())`,
  kerasVector: ({ gain }) =>
    `lambda shape, dtype=None: (lambda x: ${gain} * x / keras.ops.norm(x))(keras.random.normal(shape))`,
  keras: ({ gain }) => `keras.initializers.Orthogonal(${gain})`,
});
