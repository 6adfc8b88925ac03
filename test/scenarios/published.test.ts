/** @file Published reports (test/scenarios/published/): some quick ones, each named as it was accepted; `try_published.ts` runs all. */
import { describe, expect, it } from 'vitest';
import { isLong } from '../long.ts';
import { diagnoseExperiment } from './outcome.ts';
import { published } from './published/index.ts';

/** Of every kind of cause one: output, steps, activation, initializer. */
const quick = [
  'xor-absolute-error',
  'two-squares-five-epochs',
  'sigmoids-from-small-weights',
  'all-weights-zero',
  'hidden-layers-without-activation',
];
/** Of kinds that test/reports has one of as well: output, scale, rate, order, penalty. */
const further = [
  'softmax-of-one-unit-for-values',
  'census-not-scaled',
  'adam-at-rate-1',
  'loader-without-shuffle',
  'weights-decay-to-zero',
];

it('holds more than a hundred reports, a third of them held back, each with its source', () => {
  expect(published.length).toBeGreaterThanOrEqual(100);
  const held = published.filter(({ half }) => half === 'judge').length;
  expect(held / published.length).toBeGreaterThan(0.3);
  expect(new Set(published.map(({ name }) => name)).size).toBe(published.length);
  for (const { source } of published) expect(source).toMatch(/^https?:/);
});

describe('what people could not train', () => {
  const chosen = published.filter(({ name }) => [...quick, ...(isLong ? further : [])].includes(name));
  it.each(chosen)('$name: $accepted', async ({ experiment, twin, labels: [main = []] }) => {
    const asked = { ...experiment, remedies: { verify: false } };
    expect(main).toContain((await diagnoseExperiment(asked)).found[0]);
    if (twin !== undefined)
      expect((await diagnoseExperiment({ ...twin, remedies: { verify: false } })).found).toEqual([]);
  });
});
