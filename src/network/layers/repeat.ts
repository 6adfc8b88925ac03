/** @file Copies of layers, one after another. */
import { z } from 'zod';
import { InvariantError } from '../../util/assert.ts';
import { defineLayer } from './layer.ts';

export const repeat = defineLayer({
  type: 'repeat',
  family: 'composite',
  title: 'Repeat',
  formula:
    'the layers inside, `times` times in a row, each copy with its own parameters, or all with those of the first',
  sources: ['GradClinic: shorthand for the layers one after another'],
  options: {
    times: z.int().min(1).max(10_000).describe('Number of copies'),
    shared: z
      .boolean()
      .optional()
      .describe('All copies have the same weights, as in ALBERT: those of the first. Default: false'),
  },
  composite: 'expanded',
  build() {
    throw new InvariantError('repeat is expanded before anything is built');
  },
  theory: 'the layers inside are followed one by one',
  code: (_options, { body }) => body,
});
