/** @file More around a tensor, or less: zeros, other numbers, what lies inside reflected. */
import { Unsupported } from '../model.ts';
import type { Value } from '../writer.ts';
import { type ConvertNode, numbersOf, type OnnxContext, rounded, scalar, written } from './context.ts';
import type { Laid } from './laid.ts';
import { sliced } from './parts.ts';

/** By the modes of ONNX. */
const EDGES: Readonly<Record<string, string>> = { reflect: 'reflect', edge: 'replicate', wrap: 'circular' };

/** More along one axis, or two that are height and width, of what lies inside. */
function edged(
  laid: Laid,
  grid: readonly number[],
  features: readonly number[],
  options: { readonly mode: string; readonly padding: unknown },
  name: string,
  { axes, writer }: OnnxContext,
): Laid {
  const apply = (x: Value) => writer.add(`padding${grid.length}d`, options, [x], { name });
  return axes.gridded(laid, grid, features, apply, name);
}

function zerosAround(
  laid: Laid,
  axis: number,
  padding: readonly [number, number],
  filler: number,
  name: string,
  { axes, writer }: OnnxContext,
): Laid {
  const moved = (x: Value, offset: number, what: string) =>
    filler === 0 ? x : writer.add('rescaling', { offset: rounded(offset) }, [x], { name: `${name}_${what}` });
  const apply = (x: Value) =>
    moved(writer.add('zero_padding1d', { padding }, [moved(x, -filler, 'down')], { name }), filler, 'up');
  return axes.gridded(laid, [axis], axes.others(laid, axis), apply, name);
}

const pad: ConvertNode = (node, context) => {
  const pads = numbersOf(node, 'pads', 1, context);
  if (pads === null) throw new Unsupported('padding that is computed', 'fixed padding');
  const mode = node.text('mode', 'constant');
  const filler = scalar(context.constant(node.inputs[2])) ?? node.float('value', 0);
  const first = context.laid(node.inputs[0]);
  const rank = first.axes.length;
  const ends = Array.from(
    { length: rank },
    (_, i) => [pads[i] ?? 0, pads[i + rank] ?? 0] as [number, number],
  );
  const wide = ends.flatMap(([before, after], axis) => (before > 0 || after > 0 ? [axis] : []));
  const { name } = node;
  const cut = ends.reduce((laid, [before, after], axis) => {
    if (before >= 0 && after >= 0) return laid;
    const size = laid.axes[axis]?.size ?? 1;
    return sliced(
      laid,
      axis,
      { start: Math.max(0, -before), stop: size + Math.min(0, after), step: 1 },
      `${name}_cut_${axis}`,
      context,
    );
  }, first);
  const more = (axis: number) =>
    (ends[axis] as [number, number]).map((n) => Math.max(0, n)) as [number, number];
  if (mode !== 'constant' && EDGES[mode] === undefined)
    throw new Unsupported(`padding of the mode ${mode}`, 'constant, reflect, edge or wrap');
  const isImage = rank === 4 && wide.length === 2 && wide.every((axis) => axis > 1);
  if (isImage && mode !== 'constant')
    return written(
      edged(cut, wide, [1], { mode: EDGES[mode] as string, padding: wide.map(more) }, name, context),
    );
  if (isImage && filler === 0) {
    const apply = (x: Value) =>
      context.writer.add('zero_padding2d', { padding: wide.map(more) }, [x], { name });
    return written(context.axes.gridded(cut, wide, [1], apply, name));
  }
  const result = wide.reduce((laid, axis) => {
    const own = wide.length === 1 ? name : `${name}_${axis}`;
    if (mode === 'constant') return zerosAround(laid, axis, more(axis), filler, own, context);
    const options = { mode: EDGES[mode] as string, padding: more(axis) };
    return edged(laid, [axis], context.axes.others(laid, axis), options, own, context);
  }, cut);
  return written(result);
};

export const padding: Readonly<Record<string, ConvertNode>> = { Pad: pad };
