/** @file Several outputs, each with targets and a loss of its own: they end the network side by side. */
import { calculus as c, sizeOf } from '../../graph/index.ts';
import { defineLayer } from './layer.ts';
import { MAX_MERGED } from './merge.ts';

export const outputs = defineLayer({
  type: 'outputs',
  family: 'merge',
  title: 'Several outputs',
  synonyms: ['multi_output', 'multiple_outputs', 'heads', 'multi_task'],
  formula:
    'y = [x₁, x₂, …], each flattened row-major, [batch, a, b, …] → [batch, a·b·…]: the outputs of a network that has several, for the loss `joint`',
  sources: ['Caruana 1997, Multitask Learning', 'Keras, guide to the functional API'],
  options: {},
  arity: [2, MAX_MERGED],
  inert: () => true,
  build: ({ g, inputs }) =>
    c.concat(
      g,
      inputs.map((x) => c.reshape(g, x, [x.shape[0] ?? 1, sizeOf(x.shape.slice(1))])),
      1,
    ),
  theory: 'it merges several layers',
  junction: () => ({ reason: 'each of its inputs has a loss of its own, whose gradients are not alike' }),
  code: () => ({ pytorch: ['Outputs()'], keras: ['Outputs()'] }),
});
