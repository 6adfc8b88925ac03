/** @file What attention layers share: projections of features, heads, and the weighted mean over positions. */
import { z } from 'zod';
import { calculus as c, type GraphBuilder, type Tensor } from '../../graph/index.ts';
import type { PositionConfig } from '../positions/index.ts';
import { positionKind } from '../positions/index.ts';
import type { Position } from '../positions/position.ts';
import { initializerArgument, python } from './code.ts';
import { dropParts, rateOption } from './drop.ts';
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
  key_value_heads: z
    .int()
    .min(1)
    .max(1024)
    .nullable()
    .default(null)
    .describe(
      'Heads of keys and values, which divide `heads`: neighbouring heads of queries share one of them (1: all do); null: as many as heads',
    ),
  scale: z
    .number()
    .gt(0)
    .max(1e6)
    .nullable()
    .default(null)
    .describe('By what the scores are multiplied; null: 1/√key_dim'),
  positions: positionKind.schema
    .nullable()
    .default(null)
    .describe(
      'What it knows of positions: queries and keys that turn with their place, or a number added to every score',
    ),
  dropout: rateOption('attention weights').default(0),
  causal: z.boolean().default(false).describe('Every position sees only itself and those before it'),
  use_bias: useBiasOption,
  kernel_initializer: kernelInitializerOption,
  bias_initializer: biasInitializerOption,
};

export interface AttentionOptions {
  readonly heads: number;
  readonly key_dim: number | null;
  readonly key_value_heads: number | null;
  readonly scale: number | null;
  readonly positions: PositionConfig | null;
  readonly dropout: number;
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
const headSize = (
  features: number,
  { heads, key_dim }: Pick<AttentionOptions, 'heads' | 'key_dim'>,
): number => key_dim ?? features / heads;

/** Each head as often, one after another: [batch, heads, time, size] → [batch, heads · times, time, size]. */
function repeated(g: GraphBuilder, x: Tensor, times: number): Tensor {
  if (times === 1) return x;
  const [batch = 1, heads = 1, time = 1, size = 1] = x.shape;
  const apart = c.reshape(g, x, [batch, heads, 1, time, size]);
  return c.reshape(g, c.expand(g, apart, [batch, heads, times, time, size]), [
    batch,
    heads * times,
    time,
    size,
  ]);
}

/** What the positions add to the scores, [heads, queries, keys]; null where they add nothing. */
function addedBy(
  position: Position | null,
  context: LayerContext,
  scores: Parameters<NonNullable<Position['added']>>[1],
): Tensor | null {
  const { g } = context;
  const table = (rows: number, heads: number, initializer: ParameterOptions['initializer']) =>
    context.parameter('relative_bias/table', [rows, heads], { fanIn: rows, fanOut: heads, initializer });
  return position?.added?.({ g, table }, scores) ?? null;
}

/** How many heads of queries share one of keys and values. */
function sharing(g: GraphBuilder, { heads, key_value_heads }: AttentionOptions): number {
  const own = key_value_heads ?? heads;
  if (heads % own !== 0)
    g.refuse(
      `${heads} heads of queries do not share ${own} heads of keys and values evenly`,
      'give "key_value_heads" that divide "heads"',
    );
  return heads / own;
}

/**
 * softmax(q kᵀ · scale + what positions add) v by heads, joined and projected.
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
  const { heads, causal } = options;
  const size = headSize(features, options);
  if (!Number.isInteger(size))
    g.refuse(
      `${features} features do not split into ${heads} heads`,
      'give "key_dim", the size of a head, or a number of heads that divides the features',
    );
  const position = options.positions === null ? null : positionKind.resolve(options.positions);
  const turn = (y: Tensor) => position?.turn?.(g, y) ?? y;
  const times = sharing(g, options);
  const apart = (name: string, of: Tensor, own: number) => {
    const y = project(context, name, of, own * size, options);
    return c.transpose(g, c.reshape(g, y, [batch, of.shape[1] ?? 1, own, size]), [0, 2, 1, 3]);
  };
  const query = turn(apart('query', x, heads));
  const key = repeated(g, turn(apart('key', keys, heads / times)), times);
  const value = repeated(g, apart('value', values, heads / times), times);
  const products = c.matMul(g, query, c.transpose(g, key, [0, 1, 3, 2]));
  const scaled = c.mul(g, products, g.constant(options.scale ?? 1 / Math.sqrt(size)));
  const positions = keys.shape[1] ?? 1;
  const added = addedBy(position, context, { heads, queries: time, keys: positions, causal });
  const scores = added === null ? scaled : c.add(g, scaled, added);
  const hidden = causal ? past(g, time, positions) : null;
  const weights = weightsOf(g, scores, visible(g, hidden, masks));
  const kept = dropParts(context, weights, options.dropout, weights.shape);
  const mixed = c.matMul(g, kept, value);
  const joined = c.reshape(g, c.transpose(g, mixed, [0, 2, 1, 3]), [batch, time, heads * size]);
  return project(context, 'output', joined, features, options);
}

/** What the modules of PyTorch are made with behind their features and heads. */
export function torchArguments(options: AttentionOptions): string {
  const { heads, key_dim, key_value_heads, scale, positions, dropout, causal, use_bias } = options;
  return [
    ...(causal ? ['causal=True'] : []),
    ...(use_bias ? [] : [`bias=${python(false)}`]),
    ...(key_dim === null ? [] : [`size=${key_dim}`]),
    ...(key_value_heads === null ? [] : [`shared=${key_value_heads}`]),
    ...(scale === null ? [] : [`scale=${scale}`]),
    ...(dropout === 0 ? [] : [`dropped=${dropout}`]),
    ...(positions === null ? [] : [`positions=${positionKind.resolve(positions).code(heads)}`]),
  ]
    .map((argument) => `, ${argument}`)
    .join('');
}

/** The layer of Keras; one of our own where Keras has none that does this. */
export function kerasAttention(options: AttentionOptions, features: number): string {
  const { heads, key_value_heads, scale, positions, dropout } = options;
  const size = headSize(features, options);
  const dropped = dropout === 0 ? '' : `, dropout=${dropout}`;
  const bias = options.use_bias
    ? initializerArgument('bias', options.bias_initializer, 'zeros')
    : `, use_bias=${python(false)}`;
  const more = `${dropped}${bias}${initializerArgument('kernel', options.kernel_initializer, 'glorot_uniform')}`;
  if (key_value_heads === null && scale === null && positions === null)
    return `layers.MultiHeadAttention(${heads}, ${size}${more})`;
  const place = positions === null ? '' : `, positions=${positionKind.resolve(positions).code(heads)}`;
  const shared = key_value_heads === null ? '' : `, shared=${key_value_heads}`;
  return `ScoredAttention(${heads}, ${size}, ${features}${shared}${scale === null ? '' : `, scale=${scale}`}${place}${more})`;
}

export const ATTENTION_THEORY = 'attention weighs positions by their own products';
