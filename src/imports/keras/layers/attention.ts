/** @file Attention with heads, of a sequence to itself or to another. */
import type { NamedTensor } from '../../../util/safetensors.ts';
import { Misfit, Unsupported } from '../../model.ts';
import { sizeOf } from '../../tensors.ts';
import type { Value } from '../../writer.ts';
import { type Convert, needRank, notePenalties, weightsOf, withInitializer } from '../context.ts';
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

/** How its heads are given. */
interface Heads {
  readonly heads: number;
  readonly size: number;
  /** Of keys and values. */
  readonly shared: number;
}

/** Keras' kernels are [in, heads, size], that of the output [heads, size, out]: the same numbers with heads joined. */
function attentionWeights(
  layer: KerasLayer,
  features: number,
  { heads, size, shared }: Heads,
): Record<string, NamedTensor> | null {
  const widths = { query: heads * size, key: shared * size, value: shared * size, output: features };
  const names = layer.options.bool('use_bias', true) ? ['kernel', 'bias'] : ['kernel'];
  const given = weightsOf(layer, Object.keys(widths).length * names.length);
  if (given === null) return null;
  const joined = ({ data, shape }: NamedTensor, name: string, width: number): NamedTensor => ({
    data,
    shape: name === 'bias' ? [sizeOf(shape)] : [sizeOf(shape) / width, width],
  });
  return Object.fromEntries(
    Object.entries(widths).flatMap(([projection, width], p) =>
      names.map((name, i) => [
        `${projection}/${name}`,
        joined(given[p * names.length + i] as NamedTensor, name, width),
      ]),
    ),
  );
}

/** Only what differs from this service's defaults. */
function attentionOptions(
  layer: KerasLayer,
  features: number,
  { heads, size, shared }: Heads,
): Record<string, unknown> {
  const dropout = layer.options.number('dropout', 0);
  return {
    heads,
    ...(heads * size !== features && { key_dim: size }),
    ...(shared !== heads && { key_value_heads: shared }),
    ...(layer.call?.keywords.use_causal_mask === true && { causal: true }),
    ...(dropout !== 0 && { dropout }),
    ...(layer.options.bool('use_bias', true)
      ? withInitializer(layer, 'bias_initializer', 'bias_initializer', 'zeros')
      : { use_bias: false }),
    ...withInitializer(layer, 'kernel_initializer', 'kernel_initializer', 'glorot_uniform'),
  };
}

const attending =
  (headsOf: (layer: KerasLayer) => Heads): Convert =>
  (layer, inputs, context) => {
    const all = argumentsOf(layer, inputs);
    const [query, value] = all as [Value, Value, ...Value[]];
    for (const x of all) needRank(x, 2);
    refuseOtherShapes(layer, query);
    notePenalties(layer, context);
    const features = query.shape.at(-1) ?? 1;
    const heads = headsOf(layer);
    const isSelf = all.length === 2 && query.source === value.source;
    return context.writer.add(
      isSelf ? 'self_attention' : 'multi_head_attention',
      attentionOptions(layer, features, heads),
      isSelf ? [query] : all,
      { name: layer.name, weights: attentionWeights(layer, features, heads) },
    );
  };

const multiHeadAttention = attending(({ options }) => {
  const heads = options.int('num_heads');
  return { heads, size: options.int('key_dim'), shared: heads };
});

const groupedQueryAttention = attending(({ options }) => ({
  heads: options.int('num_query_heads'),
  size: options.int('head_dim'),
  shared: options.int('num_key_value_heads'),
}));

export const attention: Readonly<Record<string, Convert>> = {
  MultiHeadAttention: multiHeadAttention,
  GroupQueryAttention: groupedQueryAttention,
  GroupedQueryAttention: groupedQueryAttention,
};
