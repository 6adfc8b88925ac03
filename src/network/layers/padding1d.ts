/** @file More before and after a sequence: reflected, repeated, or from the other end. */

import { EDGE_THEORY, edgeCode, modeOption, padEdges } from './edges.ts';
import { defineLayer } from './layer.ts';
import { checkSequence, featuresFirst, timeZerosOption, zerosOf } from './window.ts';

export const padding1d = defineLayer({
  type: 'padding1d',
  family: 'shape',
  title: 'Padding around sequences',
  synonyms: [
    'reflection_pad1d',
    'replication_pad1d',
    'circular_pad1d',
    'reflection_padding1d',
    'replication_padding1d',
  ],
  formula: '[time, features] → [before + time + after, features]',
  sources: ['PyTorch, torch.nn.ReflectionPad1d, ReplicationPad1d, CircularPad1d'],
  options: {
    padding: timeZerosOption.default(1).describe('Time steps: a number for both ends, or [before, after]'),
    mode: modeOption,
  },
  build({ g }, x, { padding, mode }) {
    checkSequence(g, x);
    return padEdges(g, x, 1, mode, zerosOf(padding, 1));
  },
  theory: EDGE_THEORY,
  code: ({ padding, mode }) => featuresFirst(edgeCode(mode, zerosOf(padding, 1))),
});
