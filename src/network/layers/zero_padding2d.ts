/** @file Zeros around images. */
import { calculus as c } from '../../graph/index.ts';
import { surroundedByZeros } from '../propagation/zeros.ts';
import { zeroPaddingCode } from './convolution.ts';
import { defineLayer } from './layer.ts';
import { checkImage, imageZerosOption, zerosOf } from './window.ts';

export const zeroPadding2d = defineLayer({
  type: 'zero_padding2d',
  family: 'shape',
  title: 'Zeros around images',
  synonyms: ['pad', 'padding'],
  formula: '[channels, height, width] → [channels, top + height + bottom, left + width + right]',
  sources: ['Keras, keras.layers.ZeroPadding2D'],
  options: {
    padding: imageZerosOption
      .default(1)
      .describe('Pixels: a number for all sides, [height, width], or [[top, bottom], [left, right]]'),
  },
  build({ g }, x, { padding }) {
    checkImage(g, x);
    const { before, after } = zerosOf(padding, 2);
    return c.pad(g, x, [0, 0, ...before], [0, 0, ...after]);
  },
  theory(input, _surroundings, { padding }) {
    const [channels = 1, ...size] = input.shape;
    const { before, after } = zerosOf(padding, 2);
    const padded = size.map((length, axis) => length + (before[axis] as number) + (after[axis] as number));
    return surroundedByZeros(input, [channels, ...padded]);
  },
  code({ padding }) {
    const { pytorch, keras } = zeroPaddingCode(zerosOf(padding, 2));
    return { pytorch: [pytorch], keras: [keras] };
  },
});
