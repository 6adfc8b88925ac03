/** @file Attention with heads, of a sequence to itself or to another. */
import type { NamedTensor } from '../../../util/safetensors.ts';
import { Misfit, Unsupported } from '../../model.ts';
import { sizeOf } from '../../tensors.ts';
import type { Value } from '../../writer.ts';
import {
  type Context,
  type Convert,
  needRank,
  notePenalties,
  weightsOf,
  withInitializer,
} from '../context.ts';
import type { KerasLayer } from '../model.ts';

const ARGUMENTS = ['query', 'value', 'key'];

/** Query, value and, where it is given, key: by place or by keyword. @throws Unsupported */
function argumentsOf({ call }: KerasLayer, inputs: readonly Value[]): Value[] {
  const named = new Map(inputs.map((x, i) => [call?.names[i] ?? ARGUMENTS[i] ?? 'attention_mask', x]));
  const other = [...named.keys()].find((name) => !ARGUMENTS.includes(name));
  if (other !== undefined)
    throw new Unsupported(`it is called with ${other}`, 'use_causal_mask=True, or no mask');
  const [query, value, key] = ARGUMENTS.map((name) => named.get(name));
  if (query === undefined || value === undefined) throw new Misfit('it is not called on a query and a value');
  return key === undefined || key.source === value.source ? [query, value] : [query, value, key];
}

/** Here values are as wide as keys, and the output is as wide as the query. */
function refuseOtherShapes({ options, config }: KerasLayer, query: Value): void {
  const features = query.shape.at(-1) ?? 1;
  if (options.has('value_dim') && options.int('value_dim') !== options.int('key_dim'))
    throw new Unsupported('its values are not as wide as its keys', 'value_dim=None');
  const wanted = options.has('output_shape') ? [config.output_shape].flat() : [features];
  if (wanted.length !== 1 || wanted[0] !== features)
    throw new Unsupported('its output is not as wide as its query', 'output_shape=None, then Dense');
  // Axis 1 of a sequence with the batch is its time.
  const axes = options.has('attention_axes') ? [config.attention_axes].flat() : [1];
  if (axes.length !== 1 || (axes[0] !== 1 && axes[0] !== -2))
    throw new Unsupported('it attends along other axes than time', 'sequences [time, features]');
}

const PROJECTIONS = ['query', 'key', 'value', 'output'];

/** Keras' kernels are [in, heads, size], that of the output [heads, size, out]: the same numbers with heads joined. */
function attentionWeights(layer: KerasLayer, features: number): Record<string, NamedTensor> | null {
  const inner = layer.options.int('num_heads') * layer.options.int('key_dim');
  const names = layer.options.bool('use_bias', true) ? ['kernel', 'bias'] : ['kernel'];
  const given = weightsOf(layer, PROJECTIONS.length * names.length);
  if (given === null) return null;
  const joined = ({ data, shape }: NamedTensor, name: string, width: number): NamedTensor => ({
    data,
    shape: name === 'bias' ? [sizeOf(shape)] : [sizeOf(shape) / width, width],
  });
  return Object.fromEntries(
    PROJECTIONS.flatMap((projection, p) =>
      names.map((name, i) => [
        `${projection}/${name}`,
        joined(given[p * names.length + i] as NamedTensor, name, projection === 'output' ? features : inner),
      ]),
    ),
  );
}

function noteDropout({ name, options }: KerasLayer, { warnings }: Context): void {
  if (options.number('dropout', 0) > 0)
    warnings.add(`dropout of "${name}" is left out: attention here drops no weights`);
}

const multiHeadAttention: Convert = (layer, inputs, context) => {
  const all = argumentsOf(layer, inputs);
  const [query, value] = all as [Value, Value, ...Value[]];
  for (const x of all) needRank(x, 2);
  refuseOtherShapes(layer, query);
  notePenalties(layer, context);
  noteDropout(layer, context);
  const { options } = layer;
  const features = query.shape.at(-1) ?? 1;
  const [heads, size] = [options.int('num_heads'), options.int('key_dim')];
  const isSelf = all.length === 2 && query.source === value.source;
  return context.writer.add(
    isSelf ? 'self_attention' : 'multi_head_attention',
    {
      heads,
      ...(heads * size === features ? {} : { key_dim: size }),
      ...(layer.call?.keywords.use_causal_mask === true ? { causal: true } : {}),
      ...(options.bool('use_bias', true)
        ? withInitializer(layer, 'bias_initializer', 'bias_initializer', 'zeros')
        : { use_bias: false }),
      ...withInitializer(layer, 'kernel_initializer', 'kernel_initializer', 'glorot_uniform'),
    },
    isSelf ? [query] : all,
    { name: layer.name, weights: attentionWeights(layer, features) },
  );
};

export const attention: Readonly<Record<string, Convert>> = { MultiHeadAttention: multiHeadAttention };
