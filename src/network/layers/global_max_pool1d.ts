/** @file The largest element of every feature of a sequence. */
import { calculus as c } from '../../graph/index.ts';
import { defineLayer } from './layer.ts';
import { isKept } from './masks.ts';
import { largestOfAll, POOLING_THEORY } from './pooling.ts';
import { checkSequence, swapTime } from './window.ts';

export const globalMaxPool1d = defineLayer({
  type: 'global_max_pool1d',
  family: 'pooling',
  title: 'Global max pooling over time',
  synonyms: ['global_max_pooling1d'],
  formula:
    '[time, features] → [features], the largest over time, masked steps left out (0 where all are masked); the gradient goes to the first of equal largest elements',
  sources: ['Keras, keras.layers.GlobalMaxPooling1D'],
  options: {},
  mask: 'ended',
  build({ g, masks: [mask = null] }, x) {
    checkSequence(g, x);
    if (mask === null) return largestOfAll(g, swapTime(g, x));
    const least = g.constant(Number.NEGATIVE_INFINITY);
    const kept = largestOfAll(g, swapTime(g, c.where(g, isKept(g, mask, 3), x, least)));
    const some = c.greater(g, c.reduceSum(g, mask, [1], true), g.constant(0));
    return c.where(g, some, kept, g.constant(0));
  },
  theory: POOLING_THEORY,
  code: (_options, { masked }) => ({
    pytorch: [masked[0] === true ? 'MaskedMax()' : 'Expression(lambda x: x.amax(1))'],
    // Keras' own layer knows of no masks.
    keras: [masked[0] === true ? 'MaskedMax()' : 'layers.GlobalMaxPooling1D()'],
  }),
});
