/** @file The theory of layers with several inputs: moments of sums, products and concatenations, and the gradients back. */
import {
  alongValues,
  type Covariance,
  combined,
  diagonalMean,
  type Gradient,
  product,
  type Signal,
  scaled,
  sizeOf,
  sum,
  wholeOf,
} from './signal.ts';
import type { NotReached } from './transfer.ts';

/** What several inputs become. */
export interface Junction {
  readonly output: Signal;
  /** From the gradient at the output to those at the inputs, in their order. */
  backward(gradient: Gradient): Gradient[];
}

export const DEPENDENT: NotReached = {
  reason: 'its inputs depend on each other: between them and what they have in common lie no random weights',
};

function broadcast(shapes: readonly (readonly number[])[]): number[] {
  const rank = Math.max(...shapes.map((shape) => shape.length));
  return Array.from({ length: rank }, (_, axis) =>
    Math.max(...shapes.map((shape) => shape[axis - rank + shape.length] ?? 1)),
  );
}

/** How many elements of the output an element of the input goes into. */
const repeats = (output: Signal, input: Signal): number => sizeOf(output.shape) / sizeOf(input.shape);

/** Of the sum of what goes to the copies of an element: they are taken as independent. */
const gathered = (covariance: Covariance, times: number): Covariance =>
  times === 1 ? covariance : scaled(covariance, times);

/** mean_a · mean_b of every pair of samples. */
function outer(a: Float64Array, b: Float64Array): Float64Array {
  const [samples, matrix] = [a.length, new Float64Array(a.length * b.length)];
  for (let i = 0; i < matrix.length; i++)
    matrix[i] = (a[Math.floor(i / samples)] as number) * (b[i % samples] as number);
  return matrix;
}

/**
 * Σ fᵢ xᵢ of inputs that are independent but for their means: their moments add, and so do the products of their means
 * (Yang & Schoenholz 2017, arXiv:1712.08969, for two).
 */
export function sumJunction(inputs: readonly Signal[], factors: readonly number[]): Junction {
  const parts = inputs.map((input, i) => {
    const factor = factors[i] as number;
    return factor === 1
      ? input
      : { ...input, gram: scaled(input.gram, factor * factor), mean: scaled(input.mean, factor) };
  });
  const [first, ...others] = parts as [Signal, ...Signal[]];
  let { gram, mean } = first;
  for (const part of others) {
    const cross = sum(outer(mean, part.mean), outer(part.mean, mean));
    gram = sum(sum(gram, part.gram), cross);
    mean = sum(mean, part.mean);
  }
  const merged = { samples: first.samples, shape: broadcast(inputs.map(({ shape }) => shape)), gram, mean };
  return {
    output: merged,
    backward(gradient) {
      // Of the part along the sum each summand gets that along itself; what is along the others is random to it.
      const whole = wholeOf(gradient, merged);
      return parts.map((part, i) => {
        const square = (factors[i] as number) ** 2;
        const own = alongValues(gradient.radial, { ...part, shape: merged.shape });
        const random = gathered(combined(whole, own, -1), repeats(merged, part));
        return { covariance: scaled(random, square), radial: scaled(gradient.radial, square) };
      });
    },
  };
}

/**
 * Π xᵢ of independent inputs: moments multiply, and the gradient's are multiplied by those of the other inputs. That the
 * square of the others scatters around its mean is left out of the part along the values.
 */
export function productJunction(inputs: readonly Signal[]): Junction {
  const { samples } = inputs[0] as Signal;
  const merged = {
    samples,
    shape: broadcast(inputs.map(({ shape }) => shape)),
    gram: inputs.map(({ gram }) => gram).reduce(product),
    mean: inputs.map(({ mean }) => mean).reduce(product),
  };
  return {
    output: merged,
    backward: ({ covariance, radial }) =>
      inputs.map((input, i) => {
        const others = inputs.filter((_, j) => j !== i);
        const moments = others.map(({ gram }) => gram);
        const squares = moments.map((gram) => radial.map((_, a) => gram[a * samples + a] as number));
        return {
          covariance: gathered(moments.reduce(product, covariance), repeats(merged, input)),
          radial: squares.reduce(product, radial),
        };
      }),
  };
}

/** Side by side: moments are means over all elements, each input with its share of them. */
export function concatenationJunction(inputs: readonly Signal[], shape: readonly number[]): Junction {
  const shares = inputs.map((input) => sizeOf(input.shape) / sizeOf(shape));
  const weighted = (read: (input: Signal) => Float64Array) =>
    inputs.map((input, i) => scaled(read(input), shares[i] as number)).reduce(sum);
  const { samples } = inputs[0] as Signal;
  const output = { samples, shape, gram: weighted(({ gram }) => gram), mean: weighted(({ mean }) => mean) };
  return {
    output,
    backward: ({ covariance, radial }) =>
      shares.map((share) => ({ covariance, radial: scaled(radial, share) })),
  };
}

/** The squared norm of a gradient that differs from sample to sample, over all inputs, over that at the output. */
export function gainOf(inputs: readonly Signal[], output: Signal, gradients: readonly Gradient[]): number {
  const norms = inputs.map(
    ({ samples, shape }, i) => diagonalMean((gradients[i] as Gradient).covariance, samples) * sizeOf(shape),
  );
  return norms.reduce((total, norm) => total + norm, 0) / sizeOf(output.shape);
}
