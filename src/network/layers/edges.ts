/** @file What the layers share that put more around sequences and images: copies of what lies inside. */
import { z } from 'zod';
import { calculus as c, type GraphBuilder, type Tensor } from '../../graph/index.ts';
import type { LayerCode } from './layer.ts';

export const modeOption = z
  .enum(['reflect', 'replicate', 'circular'])
  .default('reflect')
  .describe(
    'What is put around: what lies inside, mirrored at the outermost element, which is not repeated; the outermost element again; what lies at the other end',
  );

export type EdgeMode = z.output<typeof modeOption>;

export interface Sides {
  readonly before: readonly number[];
  readonly after: readonly number[];
}

/** The elements of an axis of this size that stand before its first and behind its last. */
function outside(mode: EdgeMode, size: number, before: number, after: number): [number[], number[]] {
  const [left, right] = [Array.from({ length: before }), Array.from({ length: after })];
  if (mode === 'replicate') return [left.map(() => 0), right.map(() => size - 1)];
  if (mode === 'circular') return [left.map((_, i) => size - before + i), right.map((_, i) => i)];
  return [left.map((_, i) => before - i), right.map((_, i) => size - 2 - i)];
}

/** @throws GraphShapeError where more is asked for than there is */
function extended(
  g: GraphBuilder,
  x: Tensor,
  axis: number,
  mode: EdgeMode,
  sides: readonly [number, number],
): Tensor {
  const size = x.shape[axis] as number;
  const most = { reflect: size - 1, circular: size, replicate: Number.POSITIVE_INFINITY }[mode];
  if (Math.max(...sides) > most)
    g.refuse(
      `${Math.max(...sides)} elements are to be put at an end of ${size}, but mode ${mode} has ${most}`,
      'give less padding, or mode "replicate"',
    );
  const one = (start: number) => c.slice(g, x, { axis, start, step: 1, count: 1 });
  const [left, right] = outside(mode, size, ...sides);
  const parts = [...left.map(one), x, ...right.map(one)];
  return parts.length === 1 ? x : c.concat(g, parts, axis);
}

/** @param first axis of those that get more */
export const padEdges = (
  g: GraphBuilder,
  x: Tensor,
  first: number,
  mode: EdgeMode,
  { before, after }: Sides,
): Tensor => before.reduce((y, n, i) => extended(g, y, first + i, mode, [n, after[i] as number]), x);

export const EDGE_THEORY =
  'what is put around repeats numbers from inside, so that they do not vary independently';

const TORCH_MODULES = { reflect: 'ReflectionPad', replicate: 'ReplicationPad' } as const;
/** NumPy's names. */
const NUMPY_MODES = { reflect: 'reflect', replicate: 'edge', circular: 'wrap' } as const;

/** PyTorch names the last axis first, and has no module for circular padding in every version. */
export function edgeCode(mode: EdgeMode, { before, after }: Sides): LayerCode {
  const sides = before.map((n, i) => [n, after[i] as number]);
  const ends = `(${sides.toReversed().flat().join(', ')})`;
  const own = sides.map((side) => `(${side.join(', ')})`).join(', ');
  return {
    pytorch: [
      mode === 'circular'
        ? `Expression(lambda x: nn.functional.pad(x, ${ends}, mode="circular"))`
        : `nn.${TORCH_MODULES[mode]}${before.length}d(${ends})`,
    ],
    keras: [`EdgePadding("${NUMPY_MODES[mode]}", ${own})`],
  };
}
