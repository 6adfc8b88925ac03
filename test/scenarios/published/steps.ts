/** @file Rates that are too low, and trainings that are too short. */
import { chance } from '../numbers.ts';
import { adam, dense, sgd } from '../scenario.ts';
import { bce, cce, clusters, conv, inline, layer, type Published, run } from './parts.ts';

const templates = Array.from({ length: 5 }, (_, k) =>
  Array.from({ length: 64 }, (__, j) => Number(chance(64 * k + j + 11) > 0.7)),
);
const strokes = Array.from({ length: 600 }, (_, i) => {
  const [a, b] = [templates[i % 5] ?? [], templates[Math.floor(5 * chance(i + 3))] ?? []];
  return a.map((x, j) => Math.max(x, b[j] ?? 0) * (0.7 + 0.3 * chance(i + 100)));
});
const newDefault: Published = {
  name: 'autoencoder-at-the-new-default-rate',
  source: 'https://github.com/tensorflow/tensorflow/issues/39432',
  // Adadelta there, whose default went from 1 to 0.001 as Adagrad's went from 0.01 to 0.001.
  accepted: 'the default rate of 0.001 is too low for this optimizer',
  labels: [['slow_convergence']],
  half: 'develop',
  experiment: run(
    [64],
    [layer(32, 'relu'), layer(64, 'sigmoid')],
    inline(strokes, strokes),
    bce({ type: 'adagrad', learning_rate: 0.001 }, { batch_size: 128, steps: 100 }),
  ),
};

const SIDE = 3;
const cell = (board: readonly number[], y: number, x: number) =>
  board[((y + SIDE) % SIDE) * SIDE + ((x + SIDE) % SIDE)] ?? 0;
const boards = Array.from({ length: 1000 }, (_, i) =>
  Array.from({ length: SIDE * SIDE }, (__, j) => Number(chance(9 * i + j + 501) < 0.5)),
);
const grid = (size: number, at: (y: number, x: number) => number) => [
  Array.from({ length: size }, (_, y) => Array.from({ length: size }, (__, x) => at(y, x))),
];
const next = (board: readonly number[]) => (y: number, x: number) => {
  const offsets = [-1, 0, 1];
  const around = offsets
    .flatMap((dy) => offsets.map((dx) => cell(board, y + dy, x + dx)))
    .reduce((sum, alive) => sum + alive, -cell(board, y, x));
  return Number(around === 3 || (around === 2 && cell(board, y, x) === 1));
};
const life: Published = {
  name: 'game-of-life-in-two-epochs',
  source: 'https://github.com/Wardat-ISU/DeepLocalize/tree/main/Benchmark/GitHub (gol_nn)',
  accepted: 'the rate of 0.001 is too low: 0.01',
  labels: [['slow_convergence']],
  half: 'judge',
  experiment: run(
    [1, 5, 5],
    [
      conv(10, { padding: 'valid' }),
      conv(20, { kernel_size: 1 }),
      conv(1, { kernel_size: 1, activation: 'sigmoid' }),
      { type: 'flatten' },
    ],
    inline(
      boards.map((board) => grid(5, (y, x) => cell(board, y - 1, x - 1))),
      boards.map((board) => grid(3, next(board)).flat(2)),
    ),
    bce(adam(0.001), { batch_size: 64, steps: 250 }),
  ),
};

const four = clusters(400, 2, 4, 0.3);
const tooSlowForFour: Published = {
  name: 'four-clusters-at-rate-0.001',
  source: 'https://stats.stackexchange.com/questions/420006',
  accepted: 'the rate is too low',
  labels: [['slow_convergence']],
  half: 'judge',
  experiment: run(
    [2],
    [
      ...Array.from({ length: 4 }, () => layer(10, 'relu')),
      dense(4, 'softmax', { kernel_initializer: 'glorot_normal' }),
    ],
    inline(four.inputs, four.labels),
    cce(sgd(0.001), { steps: 300 }),
  ),
};

export const steps: readonly Published[] = [newDefault, life, tooSlowForFour];
