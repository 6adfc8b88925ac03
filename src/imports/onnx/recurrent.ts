/** @file LSTM, GRU and RNN nodes with what exporters write around them: the time goes to the front, and back. */
import type { NamedTensor } from '../../util/safetensors.ts';
import { Unsupported } from '../model.ts';
import { transposed } from '../tensors.ts';
import type { Value } from '../writer.ts';
import { type ConvertNode, needConstant, type OnnxContext, type Written } from './context.ts';
import type { Laid } from './laid.ts';
import type { OnnxNode } from './node.ts';

/** Blocks of units in ONNX' order, as places of this service's. ONNX: i, o, f, c of an LSTM; z, r, h of a GRU. */
const orders: Readonly<Record<string, readonly number[]>> = {
  LSTM: [0, 2, 3, 1],
  GRU: [0, 1, 2],
  RNN: [0],
};
const types: Readonly<Record<string, string>> = { LSTM: 'lstm', GRU: 'gru', RNN: 'simple_rnn' };
const activations: Readonly<Record<string, readonly string[]>> = {
  LSTM: ['Sigmoid', 'Tanh', 'Tanh'],
  GRU: ['Sigmoid', 'Tanh'],
  RNN: ['Tanh'],
};
const names: ReadonlyMap<string, string> = new Map([
  ['Tanh', 'tanh'],
  ['Relu', 'relu'],
  ['Sigmoid', 'sigmoid'],
  ['Softsign', 'softsign'],
  ['Softplus', 'softplus'],
]);

/** Of both directions alike. @throws Unsupported */
function activationsOf(node: OnnxNode, directions: number): Record<string, unknown> {
  const standard = activations[node.op] ?? [];
  const given = node.texts('activations');
  const [own, other] = [given.slice(0, standard.length), given.slice(standard.length)];
  if (directions === 2 && other.some((name, i) => name !== own[i]))
    throw new Unsupported('its directions have other activations', 'the same in both directions');
  const [first, second, third] = (own.length === 0 ? standard : own).map((name) => names.get(name));
  const [gate, candidate] = node.op === 'RNN' ? ['sigmoid', first] : [first, second];
  if (gate === undefined || candidate === undefined || (node.op === 'LSTM' && third !== candidate))
    throw new Unsupported(`its activations are ${own.join(', ')}`, standard.join(', '));
  return {
    ...(candidate === 'tanh' ? {} : { activation: candidate }),
    ...(gate === 'sigmoid' ? {} : { recurrent_activation: gate }),
  };
}

function refuseOthers(node: OnnxNode): void {
  const [, , , , lengths = '', , , peepholes = ''] = node.inputs;
  if (lengths !== '') throw new Unsupported('its samples have different lengths', 'one length for all');
  if (peepholes !== '') throw new Unsupported('its gates look at the cell', 'an LSTM without peepholes');
  if (node.has('clip') || node.int('input_forget', 0) === 1)
    throw new Unsupported('clip, or input_forget', 'a plain one');
  if (node.int('layout', 0) !== 0) throw new Unsupported('layout=1', 'layout=0');
}

/** A state that is given at the beginning: [units]; null where it is 0. @throws Unsupported */
function stateAt(node: OnnxNode, index: number, directions: number, context: OnnxContext): Value | null {
  const state = node.inputs[index] ?? '';
  const constant = context.constant(state);
  if (state === '' || constant?.data.every((x) => x === 0)) return null;
  if (constant) throw new Unsupported('it begins with a state that is learned', 'a state that begins at 0');
  if (directions === 2)
    throw new Unsupported('both directions begin with a state that is given', 'a state that begins at 0');
  return context.axes.arranged(context.laid(state), [[2]], node.name);
}

/** What the layer begins with, as one value: of an LSTM h, then c. */
function statesBefore(node: OnnxNode, directions: number, context: OnnxContext): Value[] {
  const [hidden, cell] = [stateAt(node, 5, directions, context), stateAt(node, 6, directions, context)];
  if (node.op !== 'LSTM') return hidden === null ? [] : [hidden];
  const some = hidden ?? cell;
  if (some === null) return [];
  const { writer } = context;
  const zeros = (): Value => writer.add('rescaling', { scale: 0 }, [some], { name: `${node.name}_zeros` });
  const both = [hidden ?? zeros(), cell ?? zeros()];
  return [writer.add('concatenate', { axis: -1 }, both, { name: `${node.name}_initial_state` })];
}

/** [blocks · units, …] of one direction, its blocks in this service's order. */
function ordered({ shape, data }: NamedTensor, direction: number, order: readonly number[]): NamedTensor {
  const [, rows = 0, ...rest] = shape;
  const size = data.length / (shape[0] as number);
  const block = size / order.length;
  const out = new Float32Array(size);
  order.forEach((from, to) => {
    const start = direction * size + from * block;
    out.set(data.subarray(start, start + block), to * block);
  });
  return { shape: [rows, ...rest], data: out };
}

const sum = (a: Float32Array, b: Float32Array): Float32Array => a.map((x, i) => x + (b[i] as number));

function weightsOf(
  node: OnnxNode,
  context: OnnxContext,
  direction: number,
  isResetAfter: boolean,
): Record<string, NamedTensor> {
  const order = orders[node.op] ?? [];
  const kernel = (index: number, what: string) =>
    transposed(ordered(needConstant(node, index, what, context), direction, order), [1, 0]);
  const weights = { kernel: kernel(1, 'kernel'), recurrent_kernel: kernel(2, 'recurrent kernel') };
  if ((node.inputs[3] ?? '') === '') return weights;
  const both = needConstant(node, 3, 'bias', context);
  const width = (both.shape[1] as number) / 2;
  const bias = (half: number) =>
    ordered(
      {
        shape: [1, width],
        data: both.data.subarray((2 * direction + half) * width, (2 * direction + half + 1) * width),
      },
      0,
      order,
    );
  const [input, state] = [bias(0), bias(1)];
  if (isResetAfter) return { ...weights, bias: input, recurrent_bias: state };
  return { ...weights, bias: { shape: input.shape, data: sum(input.data, state.data) } };
}

const isPerm = (node: OnnxNode | null, perm: readonly number[]): node is OnnxNode =>
  node?.op === 'Transpose' && String(node.ints('perm')) === String(perm);

/** The one element that a Gather takes along an axis, or null. */
function picked(node: OnnxNode | null, axis: number, context: OnnxContext): number | null {
  if (node?.op !== 'Gather' || node.int('axis', 0) !== axis) return null;
  const index = context.constant(node.inputs[1]);
  return index?.data.length === 1 && index.shape.length === 0 ? (index.data[0] as number) : null;
}

/** Where nothing but the last step of the only direction is used, before or after the time has gone back: that tensor. */
function lastOf(output: string, time: number, context: OnnxContext): string | null {
  const first = context.next(output);
  if (first?.op !== 'Squeeze') return null;
  const next = context.next(first.outputs[0] as string);
  const isLast = (at: number | null) => at === -1 || at === time - 1;
  if (next !== null && isLast(picked(next, 0, context))) {
    context.absorb(first, next);
    return next.outputs[0] as string;
  }
  if (!isPerm(next, [1, 0, 2])) return null;
  const after = context.next(next.outputs[0] as string);
  if (after === null || !isLast(picked(after, 1, context))) return null;
  context.absorb(first, next, after);
  return after.outputs[0] as string;
}

/** @throws Unsupported */
function directionsOf(node: OnnxNode): 1 | 2 {
  const direction = node.text('direction', 'forward');
  if (direction === 'reverse')
    throw new Unsupported('it runs backwards through time', 'bidirectional, which runs both ways');
  return direction === 'bidirectional' ? 2 : 1;
}

/** [time, directions, batch, units] of a sequence [time, directions · units]. */
function sequenceOf(value: Value, directions: number, { axes }: OnnxContext, name: string): Laid {
  const [time = 1, features = 1] = value.shape;
  const apart = axes.reshaped(
    axes.withBatch(value, 1),
    [time, axes.batch, directions, features / directions],
    name,
  );
  return axes.transposed(apart, [0, 2, 1, 3]);
}

/** [directions, batch, units] of the last states of both, side by side. */
function statesOf(value: Value, directions: number, { axes }: OnnxContext, name: string): Laid {
  const [features = 1] = value.shape;
  return axes.transposed(
    axes.reshaped(axes.plain(value), [axes.batch, directions, features / directions], name),
    [1, 0, 2],
  );
}

/** The last state of a sequence; of the direction that runs backwards the one at the first step. */
function lastStates(sequence: Value, directions: number, { writer }: OnnxContext, name: string): Value {
  const [, features = 1] = sequence.shape;
  const part = (start: number, stop: number, at: Record<string, number>, what: string) => {
    const own = writer.add('slice', { axis: 1, start, stop }, [sequence], { name: `${name}_${what}` });
    return writer.add('slice', at, [own], { name: `${name}_${what}_last` });
  };
  const half = features / directions;
  const forward = part(0, half, { start: -1 }, 'forward');
  const both =
    directions === 1
      ? forward
      : writer.add('concatenate', { axis: 1 }, [forward, part(half, features, { stop: 1 }, 'backward')], {
          name: `${name}_both`,
        });
  return writer.add('flatten', {}, [both], { name: `${name}_states` });
}

/** What a layer gives whose cell is used: h and c of every time step, or of the last one. */
function outputsWithCell(value: Value, isSequence: boolean, node: OnnxNode, context: OnnxContext): Written {
  const { writer } = context;
  const { name } = node;
  const [sequence = '', final = '', cell = ''] = node.outputs;
  const units = (value.shape.at(-1) as number) / 2;
  const half = (of: Value, at: Record<string, number>, what: string) =>
    writer.add('slice', { axis: -1, ...at }, [of], { name: `${name}_${what}` });
  const last = isSequence
    ? writer.add('flatten', {}, [writer.add('slice', { start: -1 }, [value], { name: `${name}_last` })], {
        name: `${name}_states`,
      })
    : value;
  const others = new Map<string, Laid>();
  if (final !== '' && context.isUsed(final))
    others.set(final, statesOf(half(last, { stop: units }, 'h'), 1, context, name));
  others.set(cell, statesOf(half(last, { start: units }, 'c'), 1, context, name));
  if (!isSequence) return { laid: others.get(cell) as Laid, output: cell, others };
  const laid = sequenceOf(half(value, { stop: units }, 'y'), 1, context, name);
  return { laid, output: sequence, others };
}

interface Given {
  readonly directions: 1 | 2;
  readonly isSequence: boolean;
  readonly givesCell: boolean;
}

/** The node as a layer. */
function layerOf(
  node: OnnxNode,
  x: Value,
  { directions, isSequence, givesCell }: Given,
  context: OnnxContext,
): Value {
  const { name } = node;
  const isResetAfter = node.op === 'GRU' && node.int('linear_before_reset', 0) === 1;
  const type = types[node.op] as string;
  const own = {
    units: needConstant(node, 2, 'recurrent kernel', context).shape[2],
    ...(isSequence && { return_sequences: true }),
    ...(givesCell && { return_cell: true }),
    ...activationsOf(node, directions),
    ...(isResetAfter && { reset_after: true }),
    ...((node.inputs[3] ?? '') === '' && { use_bias: false }),
  };
  const before = statesBefore(node, directions, context);
  const weights = (at: number) => weightsOf(node, context, at, isResetAfter);
  if (directions === 1) return context.writer.add(type, own, [x, ...before], { name, weights: weights(0) });
  const both = Object.entries({ forward: weights(0), backward: weights(1) }).flatMap(([direction, one]) =>
    Object.entries(one).map(([key, tensor]) => [`${direction}/${key}`, tensor] as const),
  );
  return context.writer.add('bidirectional', { layer: { type, ...own } }, [x], {
    name,
    weights: Object.fromEntries(both),
  });
}

const recurrent: ConvertNode = (node, context): Written => {
  refuseOthers(node);
  const { axes } = context;
  const { name } = node;
  const x = axes.arranged(context.laid(node.inputs[0]), [[0], [2]], name);
  const directions = directionsOf(node);
  const [sequence = '', final = '', cell = ''] = node.outputs;
  const isUsed = (output: string) => output !== '' && context.isUsed(output);
  const givesCell = isUsed(cell);
  if (givesCell && directions === 2)
    throw new Unsupported('the cells of both directions are used', 'their outputs');
  const last =
    isUsed(sequence) && directions === 1 && !isUsed(final) && !givesCell
      ? lastOf(sequence, x.shape[0] as number, context)
      : null;
  const isSequence = isUsed(sequence) && last === null;
  const value = layerOf(node, x, { directions, isSequence, givesCell }, context);
  if (givesCell) return outputsWithCell(value, isSequence, node, context);
  if (last !== null) return { laid: axes.plain(value), output: last };
  if (!isSequence) {
    const laid = statesOf(value, directions, context, name);
    return { laid, output: final };
  }
  const laid = sequenceOf(value, directions, context, name);
  if (!isUsed(final)) return { laid };
  const states = statesOf(lastStates(value, directions, context, name), directions, context, name);
  return { laid, others: new Map([[final, states]]) };
};

export const recurrents: Readonly<Record<string, ConvertNode>> = {
  LSTM: recurrent,
  GRU: recurrent,
  RNN: recurrent,
};
