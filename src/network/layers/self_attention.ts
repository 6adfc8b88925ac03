/** @file Multi-head self-attention. */
import { ATTENTION_THEORY, attend, attentionOptions, kerasAttention, torchArguments } from './attention.ts';
import { defineLayer } from './layer.ts';
import { heedingCode } from './masks.ts';
import { checkSequence } from './window.ts';

export const selfAttention = defineLayer({
  type: 'self_attention',
  family: 'attention',
  title: 'Multi-head self-attention',
  synonyms: ['attention', 'grouped_query_attention', 'multi_query_attention', 'group_query_attention'],
  formula:
    'q, k, v = x Wq + bq, x Wk + bk, x Wv + bv, split into heads (contiguous blocks); y = ' +
    'softmax(q kᵀ · scale) v, heads joined, · Wo + bo; scale 1/√key_dim; x, y [time, features]; kernels query/kernel, key/kernel, ' +
    'value/kernel [features, heads · key_dim] (with key_value_heads: key_value_heads · key_dim), output/kernel [heads · key_dim, features], biases alike',
  sources: ['Vaswani et al. 2017, arXiv:1706.03762, section 3.2'],
  options: attentionOptions,
  mask: 'passed',
  maskCode: heedingCode,
  build(context, x, options) {
    checkSequence(context.g, x);
    return attend(context, { x, keys: x, values: x, masks: context.masks }, options);
  },
  theory: ATTENTION_THEORY,
  code: (options, { features }) => ({
    pytorch: [`SelfAttention(${features}, ${options.heads}${torchArguments(options)})`],
    keras: [`SelfAttention(${kerasAttention(options, features)}${options.causal ? ', causal=True' : ''})`],
  }),
});
