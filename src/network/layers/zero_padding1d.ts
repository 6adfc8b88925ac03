/** @file Zeros before and after a sequence. */
import { calculus as c } from '../../graph/index.ts';
import { surroundedByZeros } from '../propagation/zeros.ts';
import { zeroPaddingCode } from './convolution.ts';
import { defineLayer } from './layer.ts';
import { checkSequence, featuresFirst, timeZerosOption, zerosOf } from './window.ts';

export const zeroPadding1d = defineLayer({
  type: 'zero_padding1d',
  family: 'shape',
  title: 'Zeros around sequences',
  formula: '[time, features] → [before + time + after, features]',
  sources: ['Keras, keras.layers.ZeroPadding1D'],
  options: {
    padding: timeZerosOption.default(1).describe('Time steps: a number for both ends, or [before, after]'),
  },
  build({ g }, x, { padding }) {
    checkSequence(g, x);
    const { before, after } = zerosOf(padding, 1);
    return c.pad(g, x, [0, ...before, 0], [0, ...after, 0]);
  },
  theory(input, _surroundings, { padding }) {
    const [time = 1, features = 1] = input.shape;
    const { before, after } = zerosOf(padding, 1);
    return surroundedByZeros(input, [time + (before[0] as number) + (after[0] as number), features]);
  },
  code({ padding }) {
    const { pytorch, keras } = zeroPaddingCode(zerosOf(padding, 1));
    return featuresFirst({ pytorch: [pytorch], keras: [keras] });
  },
});
