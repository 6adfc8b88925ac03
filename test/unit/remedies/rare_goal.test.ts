/** @file What a remedy for rare classes has to make better: both sides of every class, not the rare one alone. */
import { describe, expect, it } from 'vitest';
import { parseExperiment } from '../../../src/experiment/index.ts';
import { goalValue } from '../../../src/remedies/index.ts';
import { train } from '../../../src/training/index.ts';

const rare = (i: number, every: number): number => Number(i % every === 0);
const samples = Array.from({ length: 120 }, (_, i) => i);

/** Outputs of sample by sample, as the inputs that bring them: a layer that hands them on, and hardly learns. */
async function missed(
  outputs: readonly (readonly number[])[],
  targets: unknown,
  loss: string,
): Promise<number> {
  const units = outputs[0]?.length ?? 0;
  const parsed = parseExperiment({
    network: {
      input: { shape: [units] },
      layers: [{ type: 'dense', units, kernel_initializer: 'identity' }],
    },
    data: { type: 'inline', inputs: outputs, targets, validation_split: 0 },
    training: { loss, optimizer: { type: 'sgd', learning_rate: 1e-9 }, steps: 1 },
  });
  if (!parsed.ok) throw new Error(JSON.stringify(parsed.error));
  const result = await train(parsed.value.experiment, 0);
  if (!result.ok) throw new Error(result.error.code);
  return goalValue('missed_rare_class', result.value);
}

const [YES, NO] = [9, -9];

describe('the goal for rare classes', () => {
  const labels = samples.map((i) => [rare(i, 20), rare(i, 15), 0]);
  const answers = labels.map((row) => row.map((label) => (label === 1 ? YES : NO)));
  const softmax = samples.map((i) => [i % 20 === 0 ? NO : YES, i % 20 === 0 ? YES : NO]);

  it('is reached by who finds both, a label that has one value left out', async () => {
    expect(await missed(answers, labels, 'sigmoid_cross_entropy')).toBe(0);
    expect(
      await missed(
        softmax,
        samples.map((i) => rare(i, 20)),
        'softmax_cross_entropy',
      ),
    ).toBe(0);
  });

  it.each([
    ['the common one', NO],
    ['the rare one', YES],
  ])(
    'is missed by who answers with %s everywhere: of several labels, of one, of classes',
    async (_, answer) => {
      const everywhere = labels.map((row) => row.map(() => answer));
      expect(await missed(everywhere, labels, 'sigmoid_cross_entropy')).toBe(1);
      const first = labels.map(([label]) => [label]);
      expect(
        await missed(
          first.map(() => [answer]),
          first,
          'sigmoid_cross_entropy',
        ),
      ).toBe(1);
      const classes = samples.map((i) => rare(i, 20));
      expect(
        await missed(
          classes.map(() => [0, answer]),
          classes,
          'softmax_cross_entropy',
        ),
      ).toBe(1);
    },
  );

  it('of a label counts what is found less: a third of the others taken for the rare one', async () => {
    const half = answers.map(([first = NO, ...others], i) => [i % 3 === 1 ? YES : first, ...others]);
    // The first label misses 38 of its 114 others, the second nothing.
    expect(await missed(half, labels, 'sigmoid_cross_entropy')).toBeCloseTo(38 / 114 / 2, 10);
  });
});
