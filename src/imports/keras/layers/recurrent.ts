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
  only,
  weightsOf,
  withInitializer,
} from '../context.ts';
import { innerLayer, type KerasLayer } from '../model.ts';
import { activationOf } from '../parts.ts';
import { givesCell } from '../states.ts';

const types: ReadonlyMap<string, string> = new Map([
  ['SimpleRNN', 'simple_rnn'],
  ['LSTM', 'lstm'],
  ['GRU', 'gru'],
  ['CuDNNLSTM', 'lstm'],
  ['CuDNNGRU', 'gru'],
]);

/** Options that make another layer of it. */
function refuseOthers({ options }: KerasLayer): void {
  if (options.bool('go_backwards', false))
    throw new Unsupported('it runs backwards through time', 'bidirectional, which runs both ways');
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
  const x = dropped(input, layer, context);
  const before = stateBefore(layer, states, context);
  return context.writer.add(type as string, options, [x, ...before], {
    name: layer.name,
    weights: recurrentWeights(layer),
  });
};

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

/** Keras 3 writes both layers; here they have the same options. @throws Unsupported */
function refuseUnequal(layer: KerasLayer, forward: Record<string, unknown>, context: Context): void {
  if (!layer.options.has('backward_layer')) return;
  const written = innerLayer(layer, 'backward_layer');
  const options = written.options.without('go_backwards');
  const quiet = { ...context, warnings: new Set<string>(), penalties: [] };
  const backward = recurrentLayer({ ...written, name: layer.name, options }, quiet);
  const dropout = (one: KerasLayer) => one.options.number('dropout', 0);
  const equal = isDeepStrictEqual(backward, forward) && dropout(written) === dropout(innerLayer(layer));
  if (!equal)
    throw new Unsupported(
      'its backward_layer is not like its layer',
      'the same layer in both directions, or two layers and concatenate',
    );
}

const bidirectional: Convert = (layer, inputs, context) => {
  const x = only(inputs);
  needRank(x, 2);
  const mode = layer.config.merge_mode === undefined ? 'concat' : layer.config.merge_mode;
  const merge = merges.get(mode);
  if (merge === undefined)
    throw new Unsupported('it gives both directions by themselves (merge_mode=None)', 'merge_mode="concat"');
  const inner = { ...innerLayer(layer), name: layer.name };
  const own = recurrentLayer(inner, context);
  refuseUnequal(layer, own, context);
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
