/** @file LSTM, GRU and RNN nodes with what exporters write around them: the time goes to the front, and back. */
import type { NamedTensor } from '../../util/safetensors.ts';
import { Unsupported } from '../model.ts';
import { transposed } from '../tensors.ts';
import { type ConvertNode, needConstant, needRank, type OnnxContext, type Written } from './context.ts';
import type { OnnxNode } from './graph.ts';

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

function refuseOthers(node: OnnxNode, context: OnnxContext): void {
  const [, , , , lengths = '', hidden = '', cell = '', peepholes = ''] = node.inputs;
  if (lengths !== '') throw new Unsupported('its samples have different lengths', 'one length for all');
  if (peepholes !== '') throw new Unsupported('its gates look at the cell', 'an LSTM without peepholes');
  for (const state of [hidden, cell]) {
    if (state !== '' && context.constant(state)?.data.every((x) => x === 0) !== true)
      throw new Unsupported('it begins with a state that is given', 'a state that begins at 0');
  }
  if (node.has('clip') || node.int('input_forget', 0) === 1)
    throw new Unsupported('clip, or input_forget', 'a plain one');
  if (node.int('layout', 0) !== 0) throw new Unsupported('layout=1', 'layout=0');
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

/** From Y [time, directions, batch, units] to [time, batch, directions · units]. */
function joined(node: OnnxNode, directions: number, context: OnnxContext): string {
  const first = context.next(node.outputs[0] as string);
  if (directions === 1 && first?.op === 'Squeeze') {
    context.absorb(first);
    return first.outputs[0] as string;
  }
  const second = first === null ? null : context.next(first.outputs[0] as string);
  if (!isPerm(first, [0, 2, 1, 3]) || second?.op !== 'Reshape')
    throw new Unsupported('its outputs are used direction by direction', 'both directions, joined');
  context.absorb(first, second);
  return second.outputs[0] as string;
}

/** The last state of the only direction, picked out of the sequence, before or after the time has gone back. */
function lastOf(sequence: string, time: number, context: OnnxContext): string | null {
  const next = context.next(sequence);
  const isLast = (at: number | null) => at === -1 || at === time - 1;
  if (next !== null && isLast(picked(next, 0, context))) {
    context.absorb(next);
    return next.outputs[0] as string;
  }
  if (!isPerm(next, [1, 0, 2])) return null;
  const after = context.next(next.outputs[0] as string);
  if (after === null || !isLast(picked(after, 1, context))) return null;
  context.absorb(next, after);
  return after.outputs[0] as string;
}

/** Y_h [directions, batch, units] as [batch, directions · units]. */
function finalOf(output: string, directions: number, context: OnnxContext): string {
  const [first, second, ...others] = context.users(output);
  if (directions === 1 && first !== undefined && second === undefined) {
    const at = picked(first, 0, context);
    if (first.op === 'Squeeze' || at === 0 || at === -1) {
      context.absorb(first);
      return first.outputs[0] as string;
    }
  }
  if (directions === 2 && first !== undefined && second !== undefined && others.length === 0) {
    const places = [first, second].map((node) => picked(node, 0, context));
    const concat = context.next(first.outputs[0] as string);
    const inOrder = [first, second].every((node, i) => concat?.inputs[i] === node.outputs[0]);
    const isBoth = ['0,1', '-2,-1', '0,-1', '-2,1'].includes(String(places));
    if (concat?.op === 'Concat' && inOrder && isBoth && [1, -1].includes(concat.int('axis', 0))) {
      context.absorb(first, second, concat);
      return concat.outputs[0] as string;
    }
  }
  throw new Unsupported('its last states are used in parts', 'h[-1], or torch.cat([h[-2], h[-1]], 1)');
}

/** What of the node is used, and under which name: every step, or the last. @throws Unsupported */
function outputOf(
  node: OnnxNode,
  directions: number,
  time: number,
  context: OnnxContext,
): { readonly name: string; readonly isSequence: boolean } {
  const [sequence = '', final = '', cell = ''] = node.outputs;
  const isUsed = (name: string) => name !== '' && context.isUsed(name);
  if (isUsed(cell)) throw new Unsupported('its cell is used', 'its output');
  if (!isUsed(sequence)) return { name: finalOf(final, directions, context), isSequence: false };
  if (isUsed(final)) throw new Unsupported('its sequence and its last state are both used', 'one of them');
  const whole = joined(node, directions, context);
  const last = directions === 1 ? lastOf(whole, time, context) : null;
  return last === null ? { name: whole, isSequence: true } : { name: last, isSequence: false };
}

/** @throws Unsupported */
function directionsOf(node: OnnxNode): 1 | 2 {
  const direction = node.text('direction', 'forward');
  if (direction === 'reverse')
    throw new Unsupported('it runs backwards through time', 'bidirectional, which runs both ways');
  return direction === 'bidirectional' ? 2 : 1;
}

const recurrent: ConvertNode = (node, context): Written => {
  refuseOthers(node, context);
  const x = context.value(node.inputs[0]);
  needRank(x, 2);
  if (!context.isTimeFirst(node.inputs[0] ?? ''))
    throw new Unsupported('its input has the batch before the time', 'batch_first=True, or a Transpose');
  const directions = directionsOf(node);
  const { name: output, isSequence } = outputOf(node, directions, x.shape[0] as number, context);
  if (isSequence) context.timeFirst(output);
  const isResetAfter = node.op === 'GRU' && node.int('linear_before_reset', 0) === 1;
  const own = {
    units: needConstant(node, 2, 'recurrent kernel', context).shape[2],
    ...(isSequence && { return_sequences: true }),
    ...activationsOf(node, directions),
    ...(isResetAfter && { reset_after: true }),
    ...((node.inputs[3] ?? '') === '' && { use_bias: false }),
  };
  const type = types[node.op] as string;
  const add = (kind: string, options: Record<string, unknown>, weights: Record<string, NamedTensor>) =>
    context.writer.add(kind, options, [x], { name: node.name, weights });
  const [forward, backward] = [0, 1].map((at) =>
    at < directions ? weightsOf(node, context, at, isResetAfter) : {},
  );
  if (directions === 1) return { value: add(type, own, forward ?? {}), output };
  const weights = Object.entries({ forward, backward }).flatMap(([direction, one]) =>
    Object.entries(one ?? {}).map(([key, tensor]) => [`${direction}/${key}`, tensor] as const),
  );
  return { value: add('bidirectional', { layer: { type, ...own } }, Object.fromEntries(weights)), output };
};

export const recurrents: Readonly<Record<string, ConvertNode>> = {
  LSTM: recurrent,
  GRU: recurrent,
  RNN: recurrent,
};
