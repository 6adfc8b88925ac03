/** @file The mean of every feature of a sequence. */

import { calculus as c } from '../../graph/index.ts';
import { defineLayer } from './layer.ts';
import { meanOverTime } from './masks.ts';
import { POOLING_THEORY } from './pooling.ts';
import { checkSequence } from './window.ts';

export const globalAveragePool1d = defineLayer({
  type: 'global_average_pool1d',
  family: 'pooling',
  title: 'Global average pooling over time',
  synonyms: ['global_average_pooling1d', 'adaptive_avg_pool1d'],
  formula:
    '[time, features] → [features], the mean over time, masked steps left out (0 where all are masked)',
  sources: ['Lin et al. 2014, arXiv:1312.4400'],
  options: {},
  mask: 'ended',
  build({ g, masks: [mask = null] }, x) {
    checkSequence(g, x);
    return mask === null ? c.reduceMean(g, x, [1]) : meanOverTime(g, x, mask);
  },
  theory: POOLING_THEORY,
  code: (_options, { masked }) => ({
    pytorch: [masked[0] === true ? 'MaskedMean()' : 'Expression(lambda x: x.mean(1))'],
    keras: ['layers.GlobalAveragePooling1D()'],
  }),
});
