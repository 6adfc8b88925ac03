/** @file What attention layers share: projections of features, heads, and the weighted mean over positions. */
import { z } from 'zod';
import { calculus as c, type GraphBuilder, type Tensor } from '../../graph/index.ts';
import {
  biasInitializerOption,
  kernelInitializerOption,
  type LayerContext,
  type Mask,
  type ParameterOptions,
  useBiasOption,
} from './layer.ts';

export const attentionOptions = {
  heads: z
    .int()
    .min(1)
    .max(1024)
    .default(1)
    .describe('How many; divides the number of features where key_dim is not given'),
  key_dim: z
    .int()
    .min(1)
    .max(65_536)
    .nullable()
    .default(null)
    .describe('Size of a head; null: features/heads'),
  causal: z.boolean().default(false).describe('Every position sees only itself and those before it'),
  use_bias: useBiasOption,
  kernel_initializer: kernelInitializerOption,
  bias_initializer: biasInitializerOption,
};

export interface AttentionOptions {
  readonly heads: number;
  readonly key_dim: number | null;
  readonly causal: boolean;
  readonly use_bias: boolean;
  readonly kernel_initializer: ParameterOptions['initializer'];
  readonly bias_initializer: ParameterOptions['initializer'];
}

/** x W + b, on the features: [batch, time, from] → [batch, time, to]. */
function project(
  context: LayerContext,
  name: string,
  x: Tensor,
  to: number,
  options: AttentionOptions,
): Tensor {
  const { g } = context;
  const from = x.shape.at(-1) ?? 1;
  const fans = { fanIn: from, fanOut: to };
  const kernel = context.parameter(`${name}/kernel`, [from, to], {
    ...fans,
    initializer: options.kernel_initializer,
  });
  const rows = c.asMatrix(g, x);
  const shape = [...x.shape.slice(0, -1), to];
  if (!options.use_bias) return c.reshape(g, c.gemm(g, rows, kernel), shape);
  const bias = context.parameter(`${name}/bias`, [to], {
    ...fans,
    initializer: options.bias_initializer,
  });
  return c.reshape(g, c.affine(g, rows, kernel, bias), shape);
}

/** 1 where row t may look at column s ≤ t, else 0: [rows, columns] */
const past = (g: GraphBuilder, rows: number, columns: number): Tensor =>
  g.madeTensor([rows, columns], () => {
    const mask = new Float32Array(rows * columns);
    for (let t = 0; t < rows; t++) mask.fill(1, t * columns, t * columns + Math.min(t + 1, columns));
    return mask;
  });

/**
 * Where a query may look: [batch, 1, queries or 1, positions], 1 or 0; null where everywhere.
 * @param masks of the positions, [batch, positions]
 */
function visible(
  g: GraphBuilder,
  causal: Tensor | null,
  masks: readonly Mask[],
): { readonly where: Tensor; readonly isMasked: boolean } | null {
  const given = masks.filter((mask) => mask !== null);
  const wide = given.map((mask) => c.reshape(g, mask, [mask.shape[0] ?? 1, 1, 1, mask.shape[1] ?? 1]));
  const all = [...wide, ...(causal === null ? [] : [causal])];
  if (all.length === 0) return null;
  return { where: all.reduce((a, b) => c.mul(g, a, b)), isMasked: wide.length > 0 };
}

/** A score that comes to a weight of exactly 0 beside any other; finite, so that a row of nothing else has weights too. */
const UNSEEN = -1e30;

/**
 * softmax over the positions that are visible. A query that sees none of them has no weights but zeros.
 * @param scores [batch, heads, queries, positions]
 */
function weightsOf(g: GraphBuilder, scores: Tensor, seen: ReturnType<typeof visible>): Tensor {
  if (seen === null) return c.softmax(g, scores, 3);
  const kept = c.greater(g, seen.where, g.constant(0));
  const hidden = g.constant(seen.isMasked ? UNSEEN : Number.NEGATIVE_INFINITY);
  const weights = c.softmax(g, c.where(g, kept, scores, hidden), 3);
  return seen.isMasked ? c.mul(g, weights, seen.where) : weights;
}

/** @param features of the query */
export const headSize = (
  features: number,
  { heads, key_dim }: Pick<AttentionOptions, 'heads' | 'key_dim'>,
): number => key_dim ?? features / heads;

/**
 * softmax(q kᵀ/√size) v by heads of this size, joined and projected.
 * @param x what queries are made of [batch, time, features], as wide as the output
 * @param keys, values [batch, positions, …]
 * @param masks of keys and values: what is masked has no weight
 */
export function attend(
  context: LayerContext,
  {
    x,
    keys,
    values,
    masks,
  }: {
    readonly x: Tensor;
    readonly keys: Tensor;
    readonly values: Tensor;
    readonly masks: readonly Mask[];
  },
  options: AttentionOptions,
): Tensor {
  const { g } = context;
  const [batch = 1, time = 1, features = 1] = x.shape;
  const { heads } = options;
  const size = headSize(features, options);
  if (!Number.isInteger(size))
    g.refuse(
      `${features} features do not split into ${heads} heads`,
      'give "key_dim", the size of a head, or a number of heads that divides the features',
    );
  const inner = heads * size;
  const apart = (name: string, of: Tensor) => {
    const y = project(context, name, of, inner, options);
    return c.transpose(g, c.reshape(g, y, [batch, of.shape[1] ?? 1, heads, size]), [0, 2, 1, 3]);
  };
  const [query, key, value] = [apart('query', x), apart('key', keys), apart('value', values)];
  const products = c.matMul(g, query, c.transpose(g, key, [0, 1, 3, 2]));
  const scores = c.mul(g, products, g.constant(1 / Math.sqrt(size)));
  const causal = options.causal ? past(g, time, keys.shape[1] ?? 1) : null;
  const mixed = c.matMul(g, weightsOf(g, scores, visible(g, causal, masks)), value);
  const joined = c.reshape(g, c.transpose(g, mixed, [0, 2, 1, 3]), [batch, time, inner]);
  return project(context, 'output', joined, features, options);
}

export const ATTENTION_THEORY = 'attention weighs positions by their own products';
