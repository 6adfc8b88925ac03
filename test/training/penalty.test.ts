/** @file What layers add to the loss is told like the penalty of regularization: in every loss, and apart from that of the data. */
import { expect, it } from 'vitest';
import { parseExperiment } from '../../src/experiment/index.ts';
import { train } from '../../src/training/index.ts';

type Config = Record<string, unknown>;

const trained = async (layers: Config[], more: Config = {}) => {
  const parsed = parseExperiment({
    network: { input: { shape: [3] }, layers },
    data: {
      type: 'inline',
      inputs: Array.from({ length: 20 }, (_, i) => [Math.sin(i), Math.cos(i), Math.sin(2 * i)]),
      targets: Array.from({ length: 20 }, (_, i) => Math.cos(3 * i)),
      validation_split: 0.25,
      shuffle: false,
    },
    training: { loss: 'mean_squared_error', optimizer: 'sgd', batch_size: 15, steps: 2, ...more },
  });
  if (!parsed.ok) throw new Error(JSON.stringify(parsed.error));
  const result = await train(parsed.value.experiment, 0);
  if (!result.ok) throw new Error('it was canceled');
  return result.value;
};

const dense = (units: number): Config => ({ type: 'dense', units });
const steps: Config[] = [{ type: 'reshape', shape: [3, 1] }];
const penalty = { type: 'penalty', expression: 'x^2', weight: 0.5 };

it.each<[string, Config[]]>([
  ['in a chain', [dense(4), penalty, dense(1)]],
  [
    'of every time step',
    [...steps, { type: 'time_distributed', layers: [dense(2), penalty] }, { type: 'flatten' }, dense(1)],
  ],
])('%s', async (_what, layers) => {
  const { initial, final, losses, data_losses } = await trained(layers);
  expect(initial.penalty).toBeGreaterThan(0);
  for (const { loss, data_loss, penalty: own } of [initial, final])
    expect(loss).toBeCloseTo((data_loss as number) + own, 12);
  // One batch is the whole split.
  expect(losses[0]).toBeCloseTo(initial.loss as number, 5);
  expect(data_losses[0]).toBeCloseTo(initial.data_loss as number, 5);
  expect(initial.validation_loss as number).toBeGreaterThan(initial.validation_data_loss as number);
});

it('weighs as much as it says', async () => {
  const one = await trained([dense(4), penalty, dense(1)]);
  const weighted = await trained([dense(4), { ...penalty, weight: 1 }, dense(1)]);
  expect(weighted.initial.penalty).toBeCloseTo(2 * one.initial.penalty, 6);
});
