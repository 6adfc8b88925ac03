/** @file The copy memory problem: symbols are shown, and asked for after a long delay. */
import { z } from 'zod';
import { defineData, describeClasses } from '../data_set.ts';
import { samplesOption } from '../options.ts';

/** The token of nothing, and its class. */
const BLANK = 0;

export const copyMemory = defineData({
  type: 'copy_memory',
  title: 'Copy memory',
  description:
    'Tokens [length + 2·items]: `items` random symbols from 1 to `symbols`, length − 1 blanks (0), the signal symbols + 1, ' +
    '`items` blanks → a class per time step: blank (0) until the signal, then the symbols in their order. Always ' +
    'answering blank, and after the signal any symbol, has a cross-entropy of items · ln(symbols)/(length + 2·items).',
  sources: ['Hochreiter & Schmidhuber 1997', 'Arjovsky et al. 2016, arXiv:1511.06464, section 4.1'],
  options: {
    samples: samplesOption(1000),
    length: z
      .int()
      .min(1)
      .max(1000)
      .default(20)
      .describe('Time steps between the last symbol and the answer'),
    items: z.int().min(1).max(100).default(10).describe('Symbols to remember'),
    symbols: z.int().min(2).max(100).default(8).describe('Number of different symbols'),
  },
  describe({ samples, length, items, symbols }) {
    const time = length + 2 * items;
    return {
      ...describeClasses(samples, [time], symbols + 1, [time]),
      reshapable: true,
      tokens: symbols + 2,
    };
  },
  generate({ samples, length, items, symbols }, random) {
    const time = length + 2 * items;
    const inputs = new Float32Array(samples * time).fill(BLANK);
    const targets = new Float32Array(samples * time).fill(BLANK);
    for (let i = 0; i < samples; i++) {
      for (let k = 0; k < items; k++) {
        const symbol = 1 + Math.floor(random.uniform() * symbols);
        inputs[i * time + k] = symbol;
        targets[i * time + length + items + k] = symbol;
      }
      inputs[i * time + items + length - 1] = symbols + 1;
    }
    return { inputs, targets };
  },
});
