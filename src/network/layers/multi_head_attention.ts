/** @file Multi-head attention of one sequence to another. */
import type { Tensor } from '../../graph/index.ts';
import { ATTENTION_THEORY, attend, attentionOptions, kerasAttention, torchArguments } from './attention.ts';
import { defineLayer } from './layer.ts';
import { shapeText } from './merge.ts';
import { checkSequence } from './window.ts';

export const multiHeadAttention = defineLayer({
  type: 'multi_head_attention',
  family: 'attention',
  title: 'Multi-head attention',
  formula:
    'inputs: query x [time, features], value v [positions, …], and key k [positions, …] where it differs from the value; ' +
    'q = x Wq + bq, k Wk + bk, v Wv + bv, split into heads (contiguous blocks); y = softmax(q kᵀ · scale) v, heads ' +
    'joined, · Wo + bo, scale 1/√key_dim, as wide as the query; kernels query/kernel, key/kernel, value/kernel [in, heads · key_dim], ' +
    'output/kernel [heads · key_dim, features], biases alike',
  sources: ['Vaswani et al. 2017, arXiv:1706.03762, section 3.2', 'Keras, keras.layers.MultiHeadAttention'],
  options: attentionOptions,
  arity: [2, 3],
  // The output has the query's time steps.
  mask: 'passed',
  maskCode({ masks: [query = null, ...others] }) {
    const hidden = [...new Set(others.filter((mask) => mask !== null))];
    return { argument: hidden.length === 0 ? null : `mask=${hidden.join(' & ')}`, gives: query };
  },
  build(context, x, options) {
    const { g, inputs } = context;
    const values = inputs[1] as Tensor;
    const keys = inputs[2] ?? values;
    for (const one of inputs) checkSequence(g, one);
    if (keys.shape[1] !== values.shape[1])
      g.refuse(
        `its values ${shapeText(values)} and keys ${shapeText(keys)} do not have the same positions`,
        'give value and key the same first axis',
      );
    return attend(context, { x, keys, values, masks: context.masks.slice(1) }, options);
  },
  theory: ATTENTION_THEORY,
  junction: () => ({ reason: ATTENTION_THEORY }),
  code(options, { features, inputShapes }) {
    const [, value = features, key = value] = inputShapes.map((shape) => shape.at(-1));
    return {
      pytorch: [
        `MultiHeadAttention(${features}, ${key}, ${value}, ${options.heads}${torchArguments(options)})`,
      ],
      keras: [`Attention(${kerasAttention(options, features)}${options.causal ? ', causal=True' : ''})`],
    };
  },
});
