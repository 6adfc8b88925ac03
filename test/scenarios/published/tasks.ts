/** @file Tasks that the network cannot do, or nobody could, from what it is given. */
import { bell, chance } from '../numbers.ts';
import { adam, type Config, residual, sgd } from '../scenario.ts';
import { bce, cce, inline, layer, mse, type Published, run } from './parts.ts';

const PERIOD = 2 * Math.PI;
const phases = Array.from({ length: 400 }, (_, i) => (PERIOD / 40) * Math.floor(80 * chance(i + 4001)));
const wave = (factor: number) =>
  phases.map((phase) => Array.from({ length: 16 }, (_, t) => [Math.sin(factor * (phase + 0.3 * t))]));
const halfTheFrequency: Published = {
  name: 'sine-of-half-the-frequency',
  source: 'https://stats.stackexchange.com/questions/220307',
  accepted: 'equal inputs have opposite targets: nothing can learn these data, and 0 is the best answer',
  labels: [['loss_not_decreasing']],
  half: 'develop',
  experiment: run(
    [16, 1],
    [{ type: 'simple_rnn', units: 32, activation: 'sigmoid', return_sequences: true }, layer(1)],
    inline(wave(1), wave(0.5)),
    mse(sgd(0.01), { batch_size: 16, steps: 300 }),
  ),
};

const marks = Array.from({ length: 800 }, (_, i) =>
  [0, 1].map((k) => Math.floor(100 * chance(2 * i + k + 611))),
);
const codes = Array.from({ length: 100 }, (_, label) =>
  Array.from({ length: 20 }, (__, j) => bell(40 * label + j)),
);
const rareLabels: Published = {
  name: 'two-labels-of-a-hundred',
  source: 'https://stackoverflow.com/questions/42158866',
  accepted: 'nearly all targets are 0, and so are all predictions: weigh the positive ones more',
  labels: [['class_imbalance']],
  half: 'develop',
  experiment: run(
    [20],
    [layer(64, 'relu'), layer(100, 'sigmoid')],
    inline(
      marks.map((labels, i) =>
        Array.from({ length: 20 }, (_, j) =>
          labels.reduce((sum, label) => sum + (codes[label]?.[j] ?? 0), 0.3 * bell(7 * i + j)),
        ),
      ),
      marks.map((labels) => Array.from({ length: 100 }, (_, j) => Number(labels.includes(j)))),
    ),
    bce(adam(0.001), { steps: 300 }),
  ),
};

const numbers = Array.from({ length: 100 }, (_, i) => i + 1);
const parity = (inputs: readonly (readonly number[])[]) =>
  run(
    [inputs[0]?.length ?? 0],
    [layer(9, 'tanh'), layer(1, 'sigmoid')],
    inline(
      inputs,
      numbers.map((n) => [1 - (n % 2)]),
    ),
    bce(adam(0.01), { batch_size: 20, steps: 500 }),
  );
const evenAndOdd: Published = {
  name: 'even-and-odd-numbers',
  source: 'https://stats.stackexchange.com/questions/161189',
  accepted: 'a network cannot see it in the number itself, and can in its binary digits',
  labels: [['underfitting', 'loss_not_decreasing']],
  half: 'judge',
  experiment: parity(numbers.map((n) => [n / 100])),
  twin: parity(numbers.map((n) => Array.from({ length: 7 }, (_, bit) => (n >> bit) & 1))),
};

const corners = [
  [0, 0],
  [0, 1],
  [1, 0],
  [1, 1],
];
const noHiddenLayer: Published = {
  name: 'xor-by-a-softmax-alone',
  source: 'https://ai.stackexchange.com/questions/27010',
  accepted: 'without a hidden layer only what a line separates can be learned',
  labels: [['underfitting']],
  half: 'develop',
  experiment: run(
    [2],
    [layer(2, 'softmax')],
    inline(corners, [1, 0, 0, 1], { validation_split: 0 }),
    cce(sgd(0.5), { batch_size: 4, steps: 500 }),
  ),
  twin: run(
    [2],
    [layer(8, 'tanh'), layer(2, 'softmax')],
    inline(corners, [1, 0, 0, 1], { validation_split: 0 }),
    cce(sgd(0.5), { batch_size: 4, steps: 500 }),
  ),
};

const sentences = Array.from({ length: 500 }, (_, i) =>
  Array.from({ length: 10 }, (__, t) => Math.floor(12 * chance(10 * i + t + 15_000))),
);
const encoder = (positions: readonly Config[]) =>
  run(
    [10],
    [
      { type: 'embedding', vocabulary: 12, dimensions: 16 },
      ...positions,
      residual({ type: 'self_attention', heads: 2 }),
      { type: 'layer_norm' },
      residual({ type: 'time_distributed', layers: [layer(32, 'relu'), layer(16)] }),
      { type: 'layer_norm' },
      { type: 'global_average_pool1d' },
      layer(4, 'softmax'),
    ],
    inline(
      sentences,
      sentences.map((words) => (words[0] ?? 0) % 4),
    ),
    cce(adam(0.003), { steps: 600 }),
    { dtype: 'token' },
  );
const noPositions: Published = {
  name: 'encoder-without-positions',
  source: 'https://openillumi.com/?p=74183',
  accepted: 'attention alone does not see the order: a positional encoding is missing',
  labels: [['underfitting', 'loss_not_decreasing']],
  half: 'develop',
  experiment: encoder([]),
  twin: encoder([{ type: 'positional_embedding' }]),
};

const readings = Array.from({ length: 80 }, (_, i) =>
  Array.from({ length: 12 }, (__, t) => [0, 1, 2].map((j) => bell(50 * i + 3 * t + j + 300))),
);
const memorized: Published = {
  name: 'lstm-knows-eighty-sequences-by-heart',
  source: 'https://datascience.stackexchange.com/questions/43191',
  accepted: 'overfitting: the validation loss rises while the training loss falls',
  labels: [['overfitting']],
  half: 'judge',
  experiment: run(
    [12, 3],
    [{ type: 'lstm', units: 48 }, layer(1)],
    inline(
      readings,
      readings.map((steps, i) => 0.5 * (steps[11]?.[0] ?? 0) + bell(i + 70_000)),
    ),
    mse(adam(0.01), { steps: 250 }),
  ),
};

export const tasks: readonly Published[] = [
  halfTheFrequency,
  rareLabels,
  evenAndOdd,
  noHiddenLayer,
  noPositions,
  memorized,
];
