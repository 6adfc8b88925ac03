/** @file Recurrent networks. */
import { at, bell, chance, rows } from '../numbers.ts';
import { adam, sgd } from '../scenario.ts';
import { cce, inline, layer, mse, nesterov, type Published, run } from './parts.ts';

const lengths = Array.from({ length: 200 }, (_, i) => 8 + Math.floor(12 * chance(i + 900)));
const padded = lengths.map((length, i) =>
  Array.from({ length: 20 }, (_, t) =>
    Array.from({ length: 5 }, (__, j) => (t < length ? bell(100 * i + 5 * t + j) : 0)),
  ),
);
const tagger: Published = {
  name: 'padded-tagger-of-ten-epochs',
  source: 'https://github.com/ArabelaTso/DeepFD/tree/main/Benchmark/Subjects/59282996',
  accepted: 'sigmoid at the output of exclusive classes; too few epochs',
  labels: [
    ['loss_output_mismatch', 'slow_convergence'],
    ['slow_convergence', 'loss_output_mismatch'],
  ],
  half: 'develop',
  experiment: run(
    [20, 5],
    [
      { type: 'masking' },
      { type: 'bidirectional', layer: { type: 'lstm', units: 20, return_sequences: true } },
      { type: 'dropout', rate: 0.2 },
      layer(3, 'sigmoid'),
    ],
    inline(
      padded,
      padded.map((steps) => steps.map((row) => (at(row, 0) + at(row, 1) > 0 ? 2 : 1))),
    ),
    cce(nesterov(0.01, 0.9), { batch_size: 20, steps: 80 }),
  ),
};

const steps = Array.from({ length: 300 }, (_, i) =>
  rows(5, 2).map((row, t) => row.map((x, j) => x + bell(31 * i + 2 * t + j))),
);
const stacked: Published = {
  name: 'eight-stacked-lstms',
  source: 'https://www.whosebug.com/question/4230002/Output-from-LSTM-not-changing-for-different-inputs',
  accepted: 'over eight layers of two units what tells the inputs apart is lost',
  labels: [['vanishing_gradient', 'rank_collapse', 'slow_convergence']],
  half: 'judge',
  experiment: run(
    [5, 2],
    [
      ...Array.from({ length: 7 }, () => ({ type: 'lstm', units: 2, return_sequences: true })),
      { type: 'lstm', units: 2 },
      layer(1),
    ],
    inline(
      steps,
      steps.map((sequence) => at(sequence[4] ?? [], 0) + at(sequence[3] ?? [], 1)),
    ),
    mse(adam(0.001), { steps: 150 }),
  ),
};

const tones = Array.from({ length: 300 }, (_, i) =>
  Array.from({ length: 60 }, (__, t) =>
    Array.from({ length: 4 }, (___, j) => Math.abs(bell(900 * i + 4 * t + j))),
  ),
);
const reluLoop: Published = {
  name: 'relu-in-a-long-loop',
  source: 'https://github.com/chenxie95/deeplearning_course_sjtu/issues/31',
  accepted: 'ReLU in the loop makes the gradient too large: a sigmoid, or a lower rate',
  labels: [['exploding_gradient', 'update_ratio', 'non_finite_values']],
  half: 'judge',
  experiment: run(
    [60, 4],
    [{ type: 'simple_rnn', units: 24, activation: 'relu' }, layer(4, 'softmax')],
    inline(
      tones,
      tones.map((sequence) => {
        const last = sequence[59] ?? [];
        return last.indexOf(Math.max(...last));
      }),
    ),
    cce(sgd(1), { steps: 120 }),
  ),
};

const sentences = Array.from({ length: 400 }, (_, i) =>
  Array.from({ length: 10 }, (__, t) => Math.floor(20 * chance(10 * i + t + 77))),
);
const fastTagger: Published = {
  name: 'tagger-at-rate-0.3',
  source: 'https://github.com/guillaumegenthial/sequence_tagging/issues/47',
  accepted: 'at ten to a hundred times the rate of 0.001 the loss rises, and becomes NaN',
  labels: [['update_ratio']],
  half: 'develop',
  experiment: run(
    [10],
    [
      { type: 'embedding', vocabulary: 20, dimensions: 12 },
      { type: 'bidirectional', layer: { type: 'lstm', units: 16, return_sequences: true } },
      layer(5, 'softmax'),
    ],
    inline(
      sentences,
      sentences.map((sentence) => sentence.map((word, t) => (word + (sentence[t - 1] ?? 0)) % 5)),
    ),
    cce(adam(0.3), { steps: 120 }),
    { dtype: 'token' },
  ),
};

export const sequences: readonly Published[] = [tagger, stacked, reluLoop, fastTagger];
