/** @file Every layer of Keras that is known, by its class. A new one is a line in one of these files. */
import type { Convert } from '../context.ts';
import { attention } from './attention.ts';
import { elementwise } from './elementwise.ts';
import { merges } from './merges.ts';
import { products } from './products.ts';
import { recurrents } from './recurrent.ts';
import { shapes } from './shapes.ts';
import { timeDistributed } from './time_distributed.ts';

export const converters: ReadonlyMap<string, Convert> = new Map(
  Object.entries({
    ...products,
    ...shapes,
    ...elementwise,
    ...recurrents,
    ...merges,
    ...attention,
    TimeDistributed: timeDistributed,
  }),
);
