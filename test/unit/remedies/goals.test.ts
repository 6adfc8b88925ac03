/** @file What a remedy has to make better, where the baseline's errors leave room and where they do not. */
import { describe, expect, it } from 'vitest';
import { parseExperiment } from '../../../src/experiment/index.ts';
import { createArm, goalOf, verify } from '../../../src/remedies/index.ts';
import type { Trace } from '../../../src/statistics/index.ts';
import { train } from '../../../src/training/index.ts';

const ended = (accuracy: number | null, recall: number[] | null = null): Trace =>
  ({
    final: { accuracy },
    class_recall: recall,
    data: { class_counts: [10, 10] },
    divergence: null,
  }) as unknown as Trace;

describe('the goal', () => {
  it.each([
    ['the errors, where there are some', [0.9, 0.8, 1], 'training_error'],
    ['the loss, where half of the seeds make hardly any', [1, 0.99, 0.7], 'final_loss'],
    ['the loss, where it counts none', [null, null, null], 'final_loss'],
  ])('of a loss that does not fit is %s', (_, accuracies, goal) => {
    expect(
      goalOf(
        ['loss_output_mismatch'],
        accuracies.map((accuracy) => ended(accuracy)),
      ),
    ).toBe(goal);
  });

  it('of overfitting is the validation loss, unless it is there on some splits only and something else is wrong', () => {
    const split = (validation_data_loss: number): Trace =>
      ({
        ...{ constant_loss: 1, least_loss: 0, validation_least_loss: 0, divergence: null },
        final: { accuracy: null, data_loss: 0.1, validation_data_loss },
      }) as unknown as Trace;
    const [always, sometimes] = [[0.9, 1.4, 0.7].map(split), [0.9, 1.4, 0.15].map(split)];
    expect(goalOf(['overfitting'], sometimes)).toBe('validation_loss');
    expect(goalOf(['overfitting', 'dead_units'], always)).toBe('validation_loss');
    expect(goalOf(['overfitting', 'dead_units'], sometimes)).toBe('final_loss');
  });

  it('of rare classes is what is missed of them, where something is', () => {
    expect(goalOf(['class_imbalance'], [ended(0.9, [1, 0.4])])).toBe('missed_rare_class');
    expect(goalOf(['class_imbalance'], [ended(0.9, [1, 0.99])])).toBe('final_loss');
  });
});

it('a loss that falls by most of a constant’s is better, though no answer was wrong before', async () => {
  const arm = async (activation: string, learning_rate = 0.03) => {
    const parsed = parseExperiment({
      network: {
        input: { shape: [4] },
        layers: [
          { type: 'dense', units: 16, activation: 'relu' },
          { type: 'dense', units: 3, activation },
        ],
      },
      data: { type: 'blobs', samples: 300, centers: 3, features: 4, standardize: true },
      training: { loss: 'softmax_cross_entropy', optimizer: { type: 'adam', learning_rate }, steps: 200 },
    });
    if (!parsed.ok) throw new Error(JSON.stringify(parsed.error));
    const { experiment } = parsed.value;
    const traces: Trace[] = [];
    for (const seed of [0, 1, 2]) {
      const result = await train(experiment, seed);
      if (!result.ok) throw new Error(result.error.code);
      traces.push(result.value);
    }
    return createArm(experiment, traces);
  };
  const [baseline, repaired, control] = [
    await arm('softmax'),
    await arm('linear'),
    await arm('softmax', 0.031),
  ];
  for (const { final } of baseline.traces) expect(final.accuracy).toBeGreaterThan(0.98);
  const { goal, status, reason } = verify(baseline, repaired, ['loss_output_mismatch'], [control]);
  expect([goal, status, reason]).toEqual(['final_loss', 'verified', expect.stringContaining('clears')]);
});
