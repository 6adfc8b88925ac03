/** @file Parts of tensors, and tensors put together: slices, splits, lookups, joints, copies. */
import type { NamedTensor } from '../../util/safetensors.ts';
import { Unsupported } from '../model.ts';
import type { Value } from '../writer.ts';
import { placesOf } from './constants.ts';
import {
  axisOf,
  type ConvertNode,
  needConstant,
  numbersOf,
  type OnnxContext,
  type Written,
  written,
} from './context.ts';
import type { Laid } from './laid.ts';
import type { OnnxNode } from './node.ts';

/** As many as a merging layer takes. */
const MAX_PIECES = 64;

interface Run {
  readonly start: number;
  readonly stop: number;
  readonly step: number;
}

/** A part of one axis, which stays. */
export function sliced(
  given: Laid,
  axis: number,
  { start, stop, step }: Run,
  name: string,
  { axes, writer }: OnnxContext,
): Laid {
  const size = given.axes[axis]?.size ?? 1;
  if (start === 0 && stop >= size && step === 1) return given;
  const laid = axes.separated(given, name, axis);
  const [part] = laid.axes[axis]?.parts ?? [];
  if (part === undefined || part < 0) throw new Unsupported('it picks samples', 'a part of every sample');
  const options = {
    axis: part,
    ...(start !== 0 && { start }),
    ...(stop < size && { stop }),
    ...(step !== 1 && { step }),
  };
  const value = writer.add('slice', options, [laid.value], { name });
  return { value, axes: laid.axes.with(axis, { parts: [part], size: value.shape[part] as number }) };
}

/** Neighbours that follow each other by the same step are one slice. */
function runsOf(places: readonly number[]): Run[] {
  const runs: Run[] = [];
  for (const at of places) {
    const last = runs.at(-1);
    const isSingle = last !== undefined && last.stop === last.start + 1;
    const step = last === undefined ? 0 : isSingle ? at - last.start : last.step;
    if (last !== undefined && step > 0 && at === last.stop - 1 + step)
      runs.splice(-1, 1, { start: last.start, stop: at + 1, step });
    else runs.push({ start: at, stop: at + 1, step: 1 });
  }
  return runs;
}

function joined(laids: readonly Laid[], axis: number, name: string, { axes, writer }: OnnxContext): Laid {
  if (laids.length === 1) return laids[0] as Laid;
  if (laids.length > MAX_PIECES)
    throw new Unsupported(`${laids.length} parts, joined`, `${MAX_PIECES} at most`);
  const apply = (xs: readonly Value[], at: number) => writer.add('concatenate', { axis: at }, xs, { name });
  return axes.together(laids, apply, name, axis);
}

function reversed(given: Laid, axis: number, name: string, { axes, writer }: OnnxContext): Laid {
  const laid = axes.separated(given, name, axis);
  const [part] = laid.axes[axis]?.parts ?? [];
  if (part === undefined || part < 0)
    throw new Unsupported('it reverses the samples', 'an axis of every sample');
  return { ...laid, value: writer.add('reverse', { axis: part }, [laid.value], { name }) };
}

/** Elements at these places of an axis, in this order. */
function picked(
  laid: Laid,
  axis: number,
  places: readonly number[],
  name: string,
  context: OnnxContext,
): Laid {
  if (places.length === 0) throw new Unsupported('nothing is left of it');
  if (places.length > 1 && places.every((at, i) => i === 0 || at < (places[i - 1] as number)))
    return reversed(picked(laid, axis, places.toReversed(), `${name}_forward`, context), axis, name, context);
  const runs = runsOf(places);
  const parts = runs.map((run, i) =>
    sliced(laid, axis, run, runs.length === 1 ? name : `${name}_${i + 1}`, context),
  );
  return joined(parts, axis, name, context);
}

const slice: ConvertNode = (node, context) => {
  const first = context.laid(node.inputs[0]);
  const starts = numbersOf(node, 'starts', 1, context);
  const ends = numbersOf(node, 'ends', 2, context);
  if (starts === null || ends === null)
    throw new Unsupported('a slice whose ends are computed', 'fixed ends');
  const given = numbersOf(node, 'axes', 3, context) ?? starts.map((_, i) => i);
  const steps = context.constant(node.inputs[4])?.data;
  const result = starts.reduce((laid, start, i) => {
    const axis = axisOf(given[i] ?? i, laid);
    const places = placesOf(start, ends[i] as number, steps?.[i] ?? 1, laid.axes[axis]?.size ?? 1);
    return picked(laid, axis, places, starts.length === 1 ? node.name : `${node.name}_${i + 1}`, context);
  }, first);
  return written(result);
};

const split: ConvertNode = (node, context): Written => {
  const laid = context.laid(node.inputs[0]);
  const axis = axisOf(node.int('axis', 0), laid);
  const size = laid.axes[axis]?.size ?? 1;
  const each = Math.ceil(size / node.outputs.length);
  const sizes =
    numbersOf(node, 'split', 1, context) ?? node.outputs.map((_, i) => Math.min(each, size - i * each));
  const others = new Map<string, Laid>();
  let start = 0;
  for (const [i, output] of node.outputs.entries()) {
    const stop = start + (sizes[i] as number);
    if (context.isUsed(output))
      others.set(output, sliced(laid, axis, { start, stop, step: 1 }, `${node.name}_${i + 1}`, context));
    start = stop;
  }
  const [first] = others.values();
  return { laid: others.get(node.outputs[0] ?? '') ?? (first as Laid), others };
};

/** Rows of a table by their numbers. */
function embedded(node: OnnxNode, table: NamedTensor, context: OnnxContext): Written {
  const [vocabulary, dimensions] = table.shape;
  const laid = context.laid(node.inputs[1]);
  const { axes, writer } = context;
  const order = axes.others(laid);
  const x = axes.arranged(laid, order.length === 0 ? [] : [order], node.name);
  writer.takesTokens(x);
  const value = writer.add('embedding', { vocabulary, dimensions }, [x], {
    name: node.name,
    weights: { table },
  });
  const last = laid.axes.length;
  const wide = axes.unsqueezed(laid, new Set([last]));
  const sizes = axes.sizesOfOne(laid);
  const shape = [
    ...(order.length === 0 ? [1] : order.map((axis) => sizes[axis] as number)),
    value.shape.at(-1) as number,
  ];
  const whole = axes.inShape(value, shape, node.name);
  const named = order.length === 0 ? [-1, last] : [...order, last];
  return written(axes.relaid(whole, wide.axes, named));
}

/** A table and what looks it up; or elements of an axis. */
const gather: ConvertNode = (node, context) => {
  const table = context.constant(node.inputs[0]);
  if (table !== null) {
    if (table.shape.length !== 2 || node.int('axis', 0) !== 0)
      throw new Unsupported('a table of more than rows', 'Embedding');
    return embedded(node, table, context);
  }
  const index = context.constant(node.inputs[1]);
  if (index === null) throw new Unsupported('it picks elements by the data', 'elements at fixed places');
  const laid = context.laid(node.inputs[0]);
  const axis = axisOf(node.int('axis', 0), laid);
  const size = laid.axes[axis]?.size ?? 1;
  const places = [...index.data].map((at) => (at < 0 ? at + size : at));
  const result = picked(laid, axis, places, node.name, context);
  if (index.shape.length === 1) return written(result);
  if (index.shape.length === 0) return written(context.axes.squeezed(result, new Set([axis])));
  const sizes = result.axes.map((one) => one.size).toSpliced(axis, 1, ...index.shape);
  return written(context.axes.reshaped(result, sizes, node.name));
};

/** Learned vectors in front of a sequence. */
function withTokens(
  laid: Laid,
  constants: readonly NamedTensor[],
  name: string,
  { axes, writer }: OnnxContext,
): Laid {
  const apart = axes.separated(laid, name, 1, 2);
  const x = axes.arranged(apart, [[1], [2]], name);
  const features = x.shape[1] as number;
  const rows = constants.flatMap((constant) => {
    const { shape, data } = axes.ofOneSample(constant, apart);
    if (shape.at(-1) !== features)
      throw new Unsupported(`constants [${shape.join(', ')}] beside a sequence`, 'learned tokens');
    return Array.from({ length: data.length / features }, (_, i) =>
      data.slice(i * features, (i + 1) * features),
    );
  });
  if (rows.length > MAX_PIECES)
    throw new Unsupported(`${rows.length} tokens in front of a sequence`, `${MAX_PIECES} at most`);
  const value = rows.reduceRight<Value>(
    (sequence, data, i) =>
      writer.add('class_token', {}, [sequence], {
        name: rows.length === 1 ? name : `${name}_${i + 1}`,
        weights: { token: { shape: [features], data } },
      }),
    x,
  );
  return axes.relaid(value, apart.axes, [1, 2]);
}

const concat: ConvertNode = (node, context) => {
  const constants = node.inputs.flatMap((name) => context.constant(name) ?? []);
  const laids = node.inputs
    .filter((name) => context.constant(name) === null)
    .map((name) => context.laid(name));
  const [first] = laids as [Laid];
  const axis = axisOf(node.int('axis', 1), first);
  if (constants.length === 0) return written(joined(laids, axis, node.name, context));
  const inFront = node.inputs.slice(0, constants.length).every((name) => context.constant(name) !== null);
  if (!inFront || axis !== 1 || first.axes.length !== 3)
    throw new Unsupported('constants beside layers', 'learned tokens in front of a sequence');
  const sequence = joined(laids, axis, `${node.name}_joined`, context);
  return written(withTokens(sequence, constants, node.name, context));
};

const tile: ConvertNode = (node, context) => {
  const repeats = [...needConstant(node, 1, 'repeats', context).data];
  const result = repeats.reduce((laid, times, axis) => {
    if (times === 1) return laid;
    const sizes = laid.axes.map(({ size }) => size);
    if (sizes[axis] === 1) return context.axes.stretched(laid, sizes.with(axis, times));
    return joined(new Array<Laid>(times).fill(laid), axis, `${node.name}_${axis}`, context);
  }, context.laid(node.inputs[0]));
  return written(result);
};

export const parts: Readonly<Record<string, ConvertNode>> = {
  Slice: slice,
  Split: split,
  Gather: gather,
  Concat: concat,
  Tile: tile,
};
