/** @file What attention knows of positions: it turns queries and keys by their place, or adds a number to every score. */
import type { z } from 'zod';
import { calculus as c, type GraphBuilder, type Tensor } from '../../graph/index.ts';
import { type Description, definePart, type OptionsOf, type Part } from '../../util/kind.ts';
import type { InitializerConfig } from '../initializers/index.ts';

/** The scores of an attention: which query meets which key. */
export interface Scores {
  readonly heads: number;
  readonly queries: number;
  readonly keys: number;
  /** Every query sees only itself and what comes before it. */
  readonly causal: boolean;
}

/** What a position may ask of the layer that it belongs to. */
export interface PositionContext {
  readonly g: GraphBuilder;
  /** A learned number for each of `rows` distances and each head: [rows, heads]. */
  table(rows: number, heads: number, initializer: InitializerConfig): Tensor;
}

/** A kind of positions with its options. */
export interface Position {
  readonly type: string;
  /** Queries or keys [batch, heads, time, size], by their places; null where they stay as they are. */
  readonly turn: ((g: GraphBuilder, x: Tensor) => Tensor) | null;
  /** What is added to the scores, [heads, queries, keys]; null where nothing is. */
  readonly added: ((context: PositionContext, scores: Scores) => Tensor) | null;
  /** A module of PyTorch, a layer of Keras: they have `turn(x)` and `added(heads, queries, keys, causal)`. */
  readonly code: (heads: number) => string;
}

interface Definition<Type extends string, Options extends z.ZodRawShape> extends Description<Type, Options> {
  turn?(g: GraphBuilder, x: Tensor, options: OptionsOf<Options>): Tensor;
  added?(context: PositionContext, scores: Scores, options: OptionsOf<Options>): Tensor;
  code(options: OptionsOf<Options>, heads: number): string;
}

export const definePosition = <Type extends string, Options extends z.ZodRawShape>(
  position: Definition<Type, Options>,
): Part<Type, Options, Position> =>
  definePart(position, (options) => ({
    type: position.type,
    turn: position.turn === undefined ? null : (g, x) => position.turn?.(g, x, options) ?? x,
    added:
      position.added === undefined
        ? null
        : (context, scores) => position.added?.(context, scores, options) as Tensor,
    code: (heads) => position.code(options, heads),
  }));

/** The table's number for every query and key. @param place of query i and key j, a row of the table */
export function looked(
  { g }: PositionContext,
  table: Tensor,
  { heads, queries, keys }: Scores,
  place: (i: number, j: number) => number,
): Tensor {
  const rows = g.madeTensor([queries * keys], () =>
    Float32Array.from({ length: queries * keys }, (_, at) => place(Math.floor(at / keys), at % keys)),
  );
  return c.transpose(g, c.reshape(g, c.gather(g, table, rows), [queries, keys, heads]), [2, 0, 1]);
}
