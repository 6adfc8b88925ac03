/** @file Recurrent layers. Gates are in the order of this service: i, f, c, o of an LSTM; z, r, h of a GRU. */
import { isDeepStrictEqual } from 'node:util';
import type { NamedTensor } from '../../../util/safetensors.ts';
import { Unsupported } from '../../model.ts';
import type { Value } from '../../writer.ts';
import {
  activation,
  type Context,
  type Convert,
  needRank,
  notePenalties,
  weightsOf,
  withInitializer,
} from '../context.ts';
import { innerLayer, type KerasLayer } from '../model.ts';
import { activationOf } from '../parts.ts';
import { givesCell, outputsOf, statesOf } from '../states.ts';

const types: ReadonlyMap<string, string> = new Map([
  ['SimpleRNN', 'simple_rnn'],
  ['LSTM', 'lstm'],
  ['GRU', 'gru'],
  ['CuDNNLSTM', 'lstm'],
  ['CuDNNGRU', 'gru'],
]);

/** Options that make another layer of it. */
function refuseOthers({ options }: KerasLayer): void {
  if (options.bool('unroll', false) === false && options.bool('time_major', false))
    throw new Unsupported('its input has the time before the batch');
}

function resetAfter({ class: kind, options }: KerasLayer, version: 2 | 3): boolean {
  if (kind === 'CuDNNGRU') return true;
  // Keras 2 before TensorFlow 2 has no such option, and resets before; files of later ones name it.
  return kind === 'GRU' && options.bool('reset_after', version === 3);
}

/** The same layer as an object of this service, without its name. */
function recurrentLayer(layer: KerasLayer, context: Context): Record<string, unknown> {
  const type = types.get(layer.class);
  if (type === undefined)
    throw new Unsupported(
      `${layer.class} is no recurrent layer that this service has`,
      'LSTM, GRU or SimpleRNN',
    );
  refuseOthers(layer);
  notePenalties(layer, context);
  const { options, config } = layer;
  const chosen = activation(layer.config.activation === undefined ? withTanh(layer) : layer, context);
  const gate =
    type === 'simple_rnn'
      ? 'sigmoid'
      : activationOf(config.recurrent_activation ?? 'sigmoid', context.version);
  const recurrentDropout = options.number('recurrent_dropout', 0);
  if (options.bool('stateful', false))
    context.warnings.add(
      `"${layer.name}" keeps its state from batch to batch in Keras; here it begins at 0 in every sample`,
    );
  const useBias = options.bool('use_bias', true);
  return {
    type,
    units: options.int('units'),
    ...(options.bool('return_sequences', false) ? { return_sequences: true } : {}),
    ...(givesCell(layer) ? { return_cell: true } : {}),
    ...(chosen === 'tanh' ? {} : { activation: chosen }),
    ...(gate === 'sigmoid' ? {} : { recurrent_activation: gate }),
    ...(recurrentDropout === 0 ? {} : { recurrent_dropout: recurrentDropout }),
    ...(resetAfter(layer, context.version) ? { reset_after: true } : {}),
    ...(type === 'lstm' && !options.bool('unit_forget_bias', true) ? { unit_forget_bias: false } : {}),
    ...(useBias
      ? withInitializer(layer, 'bias_initializer', 'bias_initializer', 'zeros')
      : { use_bias: false }),
    ...withInitializer(layer, 'kernel_initializer', 'kernel_initializer', 'glorot_uniform'),
    ...withInitializer(layer, 'recurrent_initializer', 'recurrent_initializer', 'orthogonal'),
  };
}

const withTanh = (layer: KerasLayer): KerasLayer => ({
  ...layer,
  config: { ...layer.config, activation: 'tanh' },
});

const NAMES = ['kernel', 'recurrent_kernel', 'bias'] as const;

const namesOf = ({ options }: KerasLayer): readonly string[] =>
  options.bool('use_bias', true) ? NAMES : NAMES.slice(0, 2);

/**
 * The weights of one direction, by their names here.
 * @param arrays as Keras has them; with reset_after, its bias [2, 3 · units] is that of the inputs and that of the state
 */
function named(layer: KerasLayer, arrays: readonly NamedTensor[]): Record<string, NamedTensor> {
  return Object.fromEntries(
    namesOf(layer).flatMap((name, i): [string, NamedTensor][] => {
      const array = arrays[i] as NamedTensor;
      const [rows, width = 0] = array.shape;
      if (name !== 'bias' || rows !== 2 || array.shape.length !== 2) return [[name, array]];
      return [
        ['bias', { shape: [width], data: array.data.subarray(0, width) }],
        ['recurrent_bias', { shape: [width], data: array.data.subarray(width) }],
      ];
    }),
  );
}

function recurrentWeights(layer: KerasLayer): Record<string, NamedTensor> | null {
  const given = weightsOf(layer, namesOf(layer).length);
  return given === null ? null : named(layer, given);
}

/** `dropout` of Keras drops the same features at every time step. */
function dropped(x: Value, layer: KerasLayer, { writer }: Context): Value {
  const rate = layer.options.number('dropout', 0);
  return rate === 0 ? x : writer.add('spatial_dropout1d', { rate }, [x], { name: `${layer.name}_dropout` });
}

/** `initial_state` as one value: of an LSTM h, then c. */
function stateBefore({ name }: KerasLayer, states: readonly Value[], { writer }: Context): Value[] {
  if (states.length < 2) return [...states];
  return [writer.add('concatenate', { axis: -1 }, states, { name: `${name}_initial_state` })];
}

const recurrent: Convert = (layer, inputs, context) => {
  const [input, ...states] = inputs;
  if (input === undefined) throw new Unsupported('it takes no sequence');
  if (
    layer.call?.names.some(
      (name) => name !== null && !['initial_state', 'sequences', 'inputs'].includes(name),
    )
  )
    throw new Unsupported(
      'it takes a tensor besides its sequence and initial_state',
      'Masking, or mask_zero',
    );
  needRank(input, 2);
  const { type, ...options } = recurrentLayer(layer, context);
  const x = layer.options.bool('go_backwards', false) ? backwards(input, layer.name, context) : input;
  return context.writer.add(
    type as string,
    options,
    [dropped(x, layer, context), ...stateBefore(layer, states, context)],
    { name: layer.name, weights: recurrentWeights(layer) },
  );
};

const backwards = (x: Value, name: string, { writer }: Context): Value =>
  writer.add('reverse', {}, [x], { name: `${name}_backwards` });

const merges: ReadonlyMap<unknown, string> = new Map([
  ['concat', 'concatenate'],
  ['sum', 'add'],
  ['ave', 'average'],
  ['mul', 'multiply'],
]);

/** Keras gives the weights of both directions one after the other. */
function bothWeights(layer: KerasLayer, inner: KerasLayer): Record<string, NamedTensor> | null {
  const count = namesOf(inner).length;
  const given = weightsOf(layer, 2 * count);
  if (given === null) return null;
  const directions = { forward: given.slice(0, count), backward: given.slice(count) };
  return Object.fromEntries(
    Object.entries(directions).flatMap(([direction, arrays]) =>
      Object.entries(named(inner, arrays)).map(([name, array]) => [`${direction}/${name}`, array]),
    ),
  );
}

/** Keras 3 writes both layers; in `bidirectional` they have the same options. */
function areAlike(layer: KerasLayer, forward: Record<string, unknown>, context: Context): boolean {
  if (!layer.options.has('backward_layer')) return true;
  const written = innerLayer(layer, 'backward_layer');
  const quiet = { ...context, warnings: new Set<string>(), penalties: [] };
  const backward = recurrentLayer({ ...written, name: layer.name }, quiet);
  const dropout = (one: KerasLayer) => one.options.number('dropout', 0);
  return isDeepStrictEqual(backward, forward) && dropout(written) === dropout(innerLayer(layer));
}

/**
 * Both directions as layers of their own: where their states are taken or given, where they are not alike, and where their outputs
 * stay two.
 * @param merge null: the outputs stay two
 */
function twoDirections(
  layer: KerasLayer,
  [x, ...states]: readonly [Value, ...Value[]],
  merge: string | null,
  context: Context,
): Value {
  const { writer } = context;
  const own = innerLayer(layer);
  const other = layer.options.has('backward_layer') ? innerLayer(layer, 'backward_layer') : own;
  // y, or both of them; then the states of each.
  const first = merge === null ? 2 : 1;
  const isTaken = (index: number) => layer.outputs?.has(index) === true;
  const given = layer.weights === null ? null : [...layer.weights];
  const before = states.length / 2;
  const directions = [own, other].map((inner, i): Direction => {
    const name = `${layer.name}_${i === 0 ? 'forward' : 'backward'}`;
    const start = first + (i === 0 ? 0 : statesOf(own));
    const taken = [...Array(statesOf(inner)).keys()].filter((state) => isTaken(start + state));
    const direction: KerasLayer = {
      ...inner,
      name,
      outputs: new Set([0, ...taken.map((state) => state + 1)]),
      weights: given?.splice(0, namesOf(inner).length) ?? null,
    };
    const { type, ...options } = recurrentLayer(direction, context);
    const sequence = i === 0 ? x : backwards(x, layer.name, context);
    const whole = writer.add(
      type as string,
      options,
      [
        dropped(sequence, direction, context),
        ...stateBefore(direction, states.slice(i * before, (i + 1) * before), context),
      ],
      { name, weights: recurrentWeights(direction) },
    );
    const part = (index: number) =>
      outputsOf(direction, whole, [{ layer: name, node: 0, index }], false, context);
    const y = part(0);
    return {
      count: statesOf(inner),
      y: i === 1 && y.shape.length > 1 ? writer.add('reverse', {}, [y], { name: `${name}_in_order` }) : y,
      states: new Map(taken.map((state) => [state, part(state + 1)])),
    };
  });
  const axis = merge === 'concatenate' ? { axis: -1 } : {};
  const ys = directions.map((direction) => direction.y);
  const outputs = merge === null ? ys : [writer.add(merge, axis, ys, { name: layer.name })];
  const [y] = outputs as [Value];
  const ends = directions.flatMap(({ count, states: own }) =>
    Array.from({ length: count }, (_, state) => own.get(state) ?? y),
  );
  if (merge === null || [...(layer.outputs ?? [])].some((index) => index > 0))
    context.several.set(layer.name, [...outputs, ...ends]);
  return y;
}

interface Direction {
  /** Of its states. */
  readonly count: number;
  readonly y: Value;
  /** Those that are taken. */
  readonly states: ReadonlyMap<number, Value>;
}

const bidirectional: Convert = (layer, inputs, context) => {
  const [x, ...states] = inputs;
  if (x === undefined) throw new Unsupported('it takes no sequence');
  needRank(x, 2);
  const inner = { ...innerLayer(layer), name: layer.name };
  if (inner.options.bool('go_backwards', false))
    throw new Unsupported('the layer inside runs backwards itself', 'the layer without go_backwards');
  const mode = layer.config.merge_mode === undefined ? 'concat' : layer.config.merge_mode;
  const merge = mode === null ? null : merges.get(mode);
  if (merge === undefined) throw new Unsupported(`merge_mode ${JSON.stringify(mode)}`, 'merge_mode="concat"');
  const isPlain = states.length === 0 && [...(layer.outputs ?? [])].every((index) => index === 0);
  const own = isPlain && merge !== null ? recurrentLayer(inner, { ...context, penalties: [] }) : null;
  if (own === null || merge === null || !areAlike(layer, own, context))
    return twoDirections(layer, [x, ...states], merge, context);
  notePenalties(inner, context);
  return context.writer.add(
    'bidirectional',
    { layer: own, ...(merge === 'concatenate' ? {} : { merge }) },
    [dropped(x, inner, context)],
    { name: layer.name, weights: bothWeights(layer, inner) },
  );
};

export const recurrents: Readonly<Record<string, Convert>> = {
  ...Object.fromEntries([...types.keys()].map((name) => [name, recurrent])),
  Bidirectional: bidirectional,
};
