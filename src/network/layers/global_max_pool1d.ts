/** @file The largest element of every feature of a sequence. */
import { defineLayer } from './layer.ts';
import { largestOfAll, POOLING_THEORY } from './pooling.ts';
import { checkSequence, swapTime } from './window.ts';

export const globalMaxPool1d = defineLayer({
  type: 'global_max_pool1d',
  family: 'pooling',
  title: 'Global max pooling over time',
  synonyms: ['global_max_pooling1d'],
  formula:
    '[time, features] → [features], the largest over time; the gradient goes to the first of equal largest elements',
  sources: ['Keras, keras.layers.GlobalMaxPooling1D'],
  options: {},
  build({ g }, x) {
    checkSequence(g, x);
    return largestOfAll(g, swapTime(g, x));
  },
  theory: POOLING_THEORY,
  code: () => ({
    pytorch: ['Expression(lambda x: x.amax(1))'],
    keras: ['layers.GlobalMaxPooling1D()'],
  }),
});
