/** @file More around images: reflected, repeated, or from the other side. */

import { EDGE_THEORY, edgeCode, modeOption, padEdges } from './edges.ts';
import { defineLayer } from './layer.ts';
import { checkImage, imageZerosOption, zerosOf } from './window.ts';

export const padding2d = defineLayer({
  type: 'padding2d',
  family: 'shape',
  title: 'Padding around images',
  synonyms: [
    'reflection_pad2d',
    'replication_pad2d',
    'circular_pad2d',
    'reflection_padding2d',
    'replication_padding2d',
    'symmetric_padding',
  ],
  formula: '[channels, height, width] → [channels, top + height + bottom, left + width + right]',
  sources: ['PyTorch, torch.nn.ReflectionPad2d, ReplicationPad2d, CircularPad2d'],
  options: {
    padding: imageZerosOption
      .default(1)
      .describe('Pixels: a number for all sides, [height, width], or [[top, bottom], [left, right]]'),
    mode: modeOption,
  },
  build({ g }, x, { padding, mode }) {
    checkImage(g, x);
    return padEdges(g, x, 2, mode, zerosOf(padding, 2));
  },
  theory: EDGE_THEORY,
  code: ({ padding, mode }) => edgeCode(mode, zerosOf(padding, 2)),
});
