/** @file Multi-head self-attention. */
import { ATTENTION_THEORY, attend, attentionOptions, headSize } from './attention.ts';
import { initializerArgument, python } from './code.ts';
import { defineLayer } from './layer.ts';
import { heedingCode } from './masks.ts';
import { checkSequence } from './window.ts';

export const selfAttention = defineLayer({
  type: 'self_attention',
  family: 'attention',
  title: 'Multi-head self-attention',
  synonyms: ['attention'],
  formula:
    'q, k, v = x Wq + bq, x Wk + bk, x Wv + bv, split into heads (contiguous blocks); y = ' +
    'softmax(q kᵀ/√key_dim) v, heads joined, · Wo + bo; x, y [time, features]; kernels query/kernel, key/kernel, ' +
    'value/kernel [features, heads · key_dim], output/kernel [heads · key_dim, features], biases alike',
  sources: ['Vaswani et al. 2017, arXiv:1706.03762, section 3.2'],
  options: attentionOptions,
  mask: 'passed',
  maskCode: heedingCode,
  build(context, x, options) {
    checkSequence(context.g, x);
    return attend(context, { x, keys: x, values: x, masks: context.masks }, options);
  },
  theory: ATTENTION_THEORY,
  code({ heads, key_dim, causal, use_bias, kernel_initializer, bias_initializer }, { features }) {
    const bias = use_bias ? '' : `, bias=${python(false)}`;
    const size = key_dim === null ? '' : `, size=${key_dim}`;
    const mask = causal ? ', causal=True' : '';
    const kernel = initializerArgument('kernel', kernel_initializer, 'glorot_uniform');
    const kerasBias = use_bias
      ? initializerArgument('bias', bias_initializer, 'zeros')
      : `, use_bias=${python(false)}`;
    return {
      pytorch: [`SelfAttention(${features}, ${heads}${mask}${bias}${size})`],
      keras: [
        `SelfAttention(layers.MultiHeadAttention(${heads}, ${headSize(features, { heads, key_dim })}${kerasBias}${kernel})${mask})`,
      ],
    };
  },
});
