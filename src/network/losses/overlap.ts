/** @file What losses of overlap share: of a mask and what is predicted of it, on probabilities or on logits, alone or with cross-entropy. */
import { z } from 'zod';
import { calculus as c, type GraphBuilder, type Tensor } from '../../graph/index.ts';

const overlapOptions = {
  smooth: z
    .number()
    .min(0)
    .max(1e6)
    .default(1)
    .describe('Added above and below the fraction, so that a sample without any 1 has a loss and a slope'),
  cross_entropy: z
    .number()
    .min(0)
    .max(1e6)
    .default(0)
    .describe('Weight of the binary cross-entropy, which is added'),
};

interface OverlapOptions {
  readonly smooth: number;
  readonly cross_entropy: number;
}

/** By how much the intersection and the sum of both count above and below the fraction. */
interface Overlap {
  /** (above · I + s) / (P + T − shared · I + s) */
  readonly above: number;
  readonly shared: number;
}

export const DICE: Overlap = { above: 2, shared: 0 };
export const IOU: Overlap = { above: 1, shared: 1 };

/** Probabilities are clipped to [ε, 1 − ε] for the cross-entropy, outside which its derivative is 0. */
const EPSILON = 1e-7;

/** The axes of a mask: all but those of the batch and, of images and sequences, of features. */
function maskAxes(rank: number): number[] {
  const features = rank > 3 ? rank - 3 : rank > 2 ? rank - 1 : 0;
  return Array.from({ length: rank - 1 }, (_, i) => i + 1).filter((axis) => axis !== features);
}

const mean = (g: GraphBuilder, x: Tensor): Tensor =>
  x.shape.length === 1
    ? x
    : c.reduceMean(
        g,
        x,
        x.shape.slice(1).map((_, i) => i + 1),
      );

function entropyOf(g: GraphBuilder, prediction: Tensor, target: Tensor, logits: boolean): Tensor {
  if (logits) return c.sub(g, c.softplus(g, prediction), c.mul(g, target, prediction));
  const one = g.constant(1);
  const p = c.min(g, c.max(g, prediction, g.constant(EPSILON)), g.constant(1 - EPSILON));
  const negative = c.mul(g, c.sub(g, one, target), c.log(g, c.sub(g, one, p)));
  return c.neg(g, c.add(g, c.mul(g, target, c.log(g, p)), negative));
}

/** [batch]: of every sample the mean over its features. */
function buildOverlap(
  g: GraphBuilder,
  [prediction, target]: readonly [Tensor, Tensor],
  { above, shared }: Overlap,
  { smooth, cross_entropy }: OverlapOptions,
  logits: boolean,
): Tensor {
  const p = logits ? c.sigmoid(g, prediction) : prediction;
  const sum = (x: Tensor) => c.reduceSum(g, x, maskAxes(prediction.shape.length));
  const both = sum(c.mul(g, p, target));
  const s = g.constant(smooth);
  const numerator = c.add(g, c.mul(g, g.constant(above), both), s);
  const sums = c.add(g, sum(c.add(g, p, target)), s);
  const denominator = shared === 0 ? sums : c.sub(g, sums, c.mul(g, g.constant(shared), both));
  const loss = mean(g, c.sub(g, g.constant(1), c.div(g, numerator, denominator)));
  if (cross_entropy === 0) return loss;
  const entropy = mean(g, entropyOf(g, prediction, target, logits));
  return c.add(g, loss, c.mul(g, g.constant(cross_entropy), entropy));
}

const total = (values: readonly number[]): number => values.reduce((sum, x) => sum + x, 0);
const sigmoid = (x: number): number => 1 / (1 + Math.exp(-x));

/** Of one sample that is one mask. */
function overlapSlope(
  prediction: readonly number[],
  target: readonly number[],
  { above, shared }: Overlap,
  { smooth, cross_entropy }: OverlapOptions,
  logits: boolean,
): number[] {
  const p = logits ? prediction.map(sigmoid) : prediction;
  const both = total(p.map((x, i) => x * (target[i] ?? 0)));
  const numerator = above * both + smooth;
  const denominator = total(p) + total(target) - shared * both + smooth;
  return p.map((x, i) => {
    const t = target[i] ?? 0;
    const overlap = (numerator * (1 - shared * t) - above * t * denominator) / denominator ** 2;
    const own = logits ? x * (1 - x) : 1;
    const isClipped = !logits && (x <= EPSILON || x >= 1 - EPSILON);
    const entropy = logits ? x - t : isClipped ? 0 : (1 - t) / (1 - x) - t / x;
    return overlap * own + (cross_entropy / p.length) * entropy;
  });
}

/** −t ln p − (1 − t) ln(1 − p), p clipped. */
function binaryTerm(t: number, given: number): number {
  const p = Math.min(Math.max(given, EPSILON), 1 - EPSILON);
  return -t * Math.log(p) - (1 - t) * Math.log(1 - p);
}

/** So many targets are looked at to find the best constant mask. */
const MAX_TARGETS = 1e6;
const GRID = 4000;

/** Samples of one mask each. */
class Masks {
  readonly #rows: readonly ArrayLike<number>[];
  readonly #frequencies: Float64Array;
  readonly #overlap: Overlap;
  readonly #options: OverlapOptions;

  constructor(rows: readonly ArrayLike<number>[], overlap: Overlap, options: OverlapOptions) {
    const places = rows[0]?.length ?? 1;
    this.#rows = rows.slice(0, Math.max(1, Math.floor(MAX_TARGETS / places)));
    this.#overlap = overlap;
    this.#options = options;
    this.#frequencies = new Float64Array(places);
    for (const row of this.#rows)
      for (let j = 0; j < places; j++)
        this.#frequencies[j] = (this.#frequencies[j] as number) + (row[j] as number) / this.#rows.length;
  }

  #ratio(both: number, predicted: number, given: number): number {
    const { above, shared } = this.#overlap;
    const { smooth } = this.#options;
    const below = predicted + given - shared * both + smooth;
    // Nothing given and nothing predicted is all that could be met.
    return below === 0 ? 0 : 1 - (above * both + smooth) / below;
  }

  /** The mean over samples of the loss of this mask. */
  #lossOf(mask: ArrayLike<number>): number {
    let sum = 0;
    for (const row of this.#rows) {
      let [both, predicted, given] = [0, 0, 0];
      for (let j = 0; j < row.length; j++) {
        both += (mask[j] as number) * (row[j] as number);
        predicted += mask[j] as number;
        given += row[j] as number;
      }
      sum += this.#ratio(both, predicted, given);
    }
    return sum / this.#rows.length + this.#options.cross_entropy * this.#entropyOf((j) => mask[j] as number);
  }

  #entropyOf(maskAt: (place: number) => number): number {
    const terms = this.#frequencies.map((t, j) => binaryTerm(t, maskAt(j)));
    return terms.reduce((sum, term) => sum + term, 0) / terms.length;
  }

  /** The same number everywhere. */
  #uniform(): number {
    const places = this.#frequencies.length;
    const given = this.#rows.map((row) => Array.from(row).reduce((sum, t) => sum + t, 0));
    const mean = this.#frequencies.reduce((sum, t) => sum + t, 0) / places;
    const lossAt = (p: number) =>
      given.reduce((sum, own) => sum + this.#ratio(p * own, p * places, own), 0) / given.length +
      this.#options.cross_entropy * binaryTerm(mean, p);
    let best = Number.POSITIVE_INFINITY;
    for (let i = 0; i <= GRID; i++) best = Math.min(best, lossAt(i / GRID));
    return best;
  }

  /** 1 at the places that are most often 1, as many of them as is best for the overlap. */
  #frequent(): Float64Array {
    const order = [...this.#frequencies.keys()].sort(
      (a, b) => (this.#frequencies[b] as number) - (this.#frequencies[a] as number),
    );
    const losses = new Float64Array(order.length + 1);
    for (const row of this.#rows) {
      const given = Array.from(row).reduce((sum, t) => sum + t, 0);
      let both = 0;
      for (let k = 0; k <= order.length; k++) {
        if (k > 0) both += row[order[k - 1] as number] as number;
        losses[k] = (losses[k] as number) + this.#ratio(both, k, given);
      }
    }
    const count = losses.indexOf(losses.reduce((least, loss) => Math.min(least, loss)));
    const mask = new Float64Array(order.length);
    for (const place of order.slice(0, count)) mask[place] = 1;
    return mask;
  }

  least(): number {
    const hard = this.#frequent();
    const mixtures = [0, 0.25, 0.5, 0.75, 1].map((share) =>
      this.#lossOf(hard.map((x, j) => share * x + (1 - share) * (this.#frequencies[j] as number))),
    );
    return Math.min(this.#uniform(), ...mixtures);
  }
}

/**
 * The least mean loss found of masks that are the same for all samples: one number everywhere, 1 where the targets are most often 1, how
 * often they are 1, and what lies between.
 * @param rows the targets of every sample, [positions] each; of images [channels, …], of sequences [time, features]
 * @param shape of them
 */
function overlapConstant(
  rows: readonly ArrayLike<number>[],
  shape: readonly number[],
  overlap: Overlap,
  options: OverlapOptions,
): number {
  const features = shape.length > 2 ? (shape.at(-3) as number) : shape.length > 1 ? (shape[1] as number) : 1;
  const after = shape.length > 2 ? (shape.at(-1) as number) * (shape.at(-2) as number) : 1;
  const of = (feature: number) =>
    rows.map((row) => Array.from(row).filter((_, j) => Math.floor(j / after) % features === feature));
  const losses = Array.from({ length: features }, (_, i) => new Masks(of(i), overlap, options).least());
  return total(losses) / features;
}

/** Sums over the axes of a mask, the mean over the others. @param logits whether `p` are logits */
const coded = (
  { above, shared }: Overlap,
  { smooth, cross_entropy }: OverlapOptions,
  logits: boolean,
  words: {
    readonly rank: string;
    readonly sum: (x: string) => string;
    readonly mean: (x: string) => string;
    readonly sigmoid: string;
    readonly entropy: string;
  },
): string => {
  const axes = `[i for i in range(1, ${words.rank}) if ${words.rank} < 3 or i != (${words.rank} - 3 if ${words.rank} > 3 else 2)]`;
  const below = `${words.sum('q + t')} + ${smooth}${shared === 0 ? '' : ` - ${words.sum('q * t')}`}`;
  const ratio = words.mean(
    `1 - (${above === 1 ? '' : `${above} * `}${words.sum('q * t')} + ${smooth}) / (${below})`,
  );
  const entropy = cross_entropy === 0 ? '' : ` + ${cross_entropy} * ${words.entropy}`;
  return `(lambda q, axes: ${ratio}${entropy})(${logits ? `${words.sigmoid}(p)` : 'p'}, ${axes})`;
};

const overlapTorch = (overlap: Overlap, options: OverlapOptions, logits: boolean): string =>
  `lambda p, t: ${coded(overlap, options, logits, {
    rank: 'p.dim()',
    sum: (x) => `(${x}).sum(axes)`,
    mean: (x) => `(${x}).mean()`,
    sigmoid: 'torch.sigmoid',
    entropy: `nn.functional.binary_cross_entropy${logits ? '_with_logits' : ''}(p, t)`,
  })}`;

const overlapKeras = (overlap: Overlap, options: OverlapOptions, logits: boolean): string =>
  `lambda t, p: ${coded(overlap, options, logits, {
    rank: 'len(p.shape)',
    sum: (x) => `keras.ops.sum(${x}, axes)`,
    mean: (x) => `keras.ops.mean(${x})`,
    sigmoid: 'keras.ops.sigmoid',
    entropy: `keras.ops.mean(keras.ops.binary_crossentropy(t, p, from_logits=${logits ? 'True' : 'False'}))`,
  })}`;

/** What a loss of overlap is, but for its names and its sources. Targets and predictions: [batch, positions], images or sequences. */
export const overlapLoss = <Output extends 'probabilities' | 'logits'>(overlap: Overlap, output: Output) => {
  const logits = output === 'logits';
  return {
    options: overlapOptions,
    target: 'binary' as const,
    output,
    whole: true as const,
    build: (g: GraphBuilder, prediction: Tensor, target: Tensor, options: OverlapOptions) =>
      buildOverlap(g, [prediction, target], overlap, options, logits),
    slope: (prediction: readonly number[], target: readonly number[], options: OverlapOptions) =>
      overlapSlope(prediction, target, overlap, options, logits),
    /** Of a column each number is a sample of one position. */
    constant: (column: readonly number[], _weights: readonly number[], options: OverlapOptions) =>
      overlapConstant(
        column.map((t) => [t]),
        [1],
        overlap,
        options,
      ),
    wholeConstant: (rows: readonly ArrayLike<number>[], shape: readonly number[], options: OverlapOptions) =>
      overlapConstant(rows, shape, overlap, options),
    pytorch: (options: OverlapOptions) => overlapTorch(overlap, options, logits),
    keras: (options: OverlapOptions) => overlapKeras(overlap, options, logits),
  };
};
