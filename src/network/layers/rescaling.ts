/** @file A scale and an offset that are not trained. */
import { z } from 'zod';
import { calculus as c, type GraphBuilder, type Tensor } from '../../graph/index.ts';
import { list } from '../../util/list.ts';
import { shiftedAndScaled } from '../propagation/scale.ts';
import { alongFeatures, defineLayer, features } from './layer.ts';

const MAX_FEATURES = 65_536;
const numbers = z.union([z.number(), list(z.number()).min(1).max(MAX_FEATURES)]);

type Numbers = number | readonly number[];

/** As it broadcasts to x. */
function spread(g: GraphBuilder, x: Tensor, given: Numbers): Tensor {
  if (typeof given === 'number') return g.constant(given);
  if (given.length !== features(x)) g.refuse(`${given.length} numbers for ${features(x)} features`);
  return g.tensor(alongFeatures(x), Float32Array.from(given));
}

const isAll = (given: Numbers, value: number): boolean => [given].flat().every((one) => one === value);

/** As it broadcasts to the batch in Python. */
const python = (given: Numbers, image: boolean): string => {
  if (typeof given === 'number') return String(given);
  return image ? `[${given.map((one) => `[[${one}]]`).join(', ')}]` : `[${given.join(', ')}]`;
};

export const rescaling = defineLayer({
  type: 'rescaling',
  family: 'elementwise',
  title: 'Rescaling',
  synonyms: ['rescale', 'normalization'],
  formula: 'y = scale · x + offset, neither of them trained',
  sources: ['Keras, keras.layers.Rescaling'],
  options: {
    scale: numbers.default(1).describe('A number, or one for each feature (channel)'),
    offset: numbers.default(0).describe('A number, or one for each feature (channel)'),
  },
  inert: ({ scale, offset }) => isAll(scale, 1) && isAll(offset, 0),
  mask: 'passed',
  build: ({ g }, x, { scale, offset }) => c.add(g, c.mul(g, x, spread(g, x, scale)), spread(g, x, offset)),
  theory: (input, _surroundings, { scale, offset }) =>
    typeof scale === 'number' && typeof offset === 'number'
      ? shiftedAndScaled(input, scale, offset)
      : { reason: 'features of different scale are not followed' },
  code({ scale, offset }, { inputShape }) {
    const image = inputShape.length === 3;
    const [factor, shift] = [python(scale, image), python(offset, image)];
    const tensor = (text: string) => (text.startsWith('[') ? `torch.tensor(${text})` : text);
    return {
      pytorch: [`Expression(lambda x: x * ${tensor(factor)} + ${tensor(shift)})`],
      keras: [`layers.Rescaling(${factor}, offset=${shift})`],
    };
  },
});
