/**
 * @file Sick experiments that nothing was tuned for: each set was written, and committed, before anything of it was run, and is run once.
 * What is learned from a set goes into kinds of cures, and the next set says whether it did.
 */
import { act, conv, drop, flat, hard, image, norm, on, plain, plainImage, relu } from './hard_parts.ts';
import { at, bell, rows } from './numbers.ts';
import {
  adam,
  type Config,
  classifier,
  type Draft,
  dense,
  experiment,
  normal,
  repeat,
  residual,
  type Scenario,
  sgd,
  type Task,
  tasks,
} from './scenario.ts';
import { eighthSet } from './unseen_eighth.ts';
import { fifthSet } from './unseen_fifth.ts';
import { fourthSet } from './unseen_fourth.ts';
import { ninthSet } from './unseen_ninth.ts';
import { seventhSet } from './unseen_seventh.ts';
import { sixthSet } from './unseen_sixth.ts';
import { thirdSet } from './unseen_third.ts';

const { moons, circles, iris, wine, breast_cancer, digits, friedman, sine } = tasks;

const rename = (set: string, drafts: readonly Draft[]): Scenario[] =>
  drafts.map((draft) => ({ ...draft, name: draft.name.replace('hard/', `unseen/${set}/`), half: 'judge' }));

/** Few samples of a smooth function, with noise. */
const few = (samples: number): Task => {
  const inputs = rows(samples, 6);
  const targets = inputs.map((row, i) => Math.tanh(at(row, 0)) + 0.5 * at(row, 3) + 0.5 * bell(i + 777));
  return { ...friedman, data: { type: 'inline', inputs, targets, validation_split: 0.4 }, shape: [6] };
};

/** Values far from 0, of three numbers. */
const amounts = (offset: number, scale: number): Task => {
  const inputs = rows(500, 3);
  const targets = inputs.map((row) => offset + scale * (at(row, 0) * at(row, 1) + at(row, 2)));
  return { ...friedman, data: { type: 'inline', inputs, targets }, shape: [3] };
};

/** Three questions of yes or no about each sample. */
const labels = (loss: string): Task => {
  const inputs = rows(600, 8);
  const targets = inputs.map((row) => [0, 1, 2].map((j) => Number(at(row, j) + at(row, j + 4) > 0)));
  return { ...friedman, data: { type: 'inline', inputs, targets }, shape: [8], outputs: 3, loss };
};

/** A curve from left to right. */
const sorted = (shuffle: boolean): Task => {
  const inputs = Array.from({ length: 800 }, (_, i) => [i / 200 - 2]);
  const targets = inputs.map((row) => Math.sin(2 * at(row, 0)) + at(row, 0));
  return {
    ...sine,
    data: { type: 'inline', inputs, targets, shuffle, validation_split: 0 },
    shape: [1],
  };
};

const adding = (length: number): Task => ({
  ...sine,
  data: { type: 'adding_problem', samples: 600, length },
  shape: [length, 2],
});

const strips: Task = { ...digits, shape: [8, 8] };
const attend: Config = { type: 'self_attention', heads: 2 };
const layerNorm: Config = { type: 'layer_norm' };
const readout: Config = { type: 'global_average_pool1d' };
const embed: readonly Config[] = [dense(16), { type: 'positional_embedding' }];
const attentive = classifier(
  strips,
  [...embed, residual(layerNorm, attend), residual(layerNorm, dense(32, 'gelu'), dense(16)), readout],
  adam(0.005),
  { steps: 250 },
);

const first = [
  hard(
    'convolutions-dropped-0.9',
    classifier(image, [conv(8, 'relu'), drop(0.9), flat, dense(32, 'relu'), drop(0.9)], adam(3e-4), {
      steps: 150,
    }),
    plainImage,
    'convolutional',
  ),
  hard(
    'decay-3-tanh',
    classifier(circles, [repeat(3, dense(20, 'tanh'))], {
      type: 'adamw',
      learning_rate: 0.02,
      weight_decay: 3,
    }),
    plain(circles),
  ),
  hard(
    'averages-of-1-fast',
    classifier(
      breast_cancer,
      [dense(24), norm(1), act('relu'), dense(24), norm(1), act('relu')],
      sgd(0.5, 0.9),
    ),
    plain(breast_cancer),
  ),
  hard(
    'known-by-heart',
    classifier(few(90), [relu(128), relu(128)], adam(0.01), { steps: 800, batch_size: 16 }),
    classifier(few(90), [], adam(0.02), { steps: 400, batch_size: 16 }),
  ),
  hard(
    'sigmoids-of-large-sums',
    classifier(
      on(iris, { standardize: false, scale: 50 }),
      [dense(20, 'sigmoid', normal(5)), dense(20, 'sigmoid', normal(5))],
      sgd(0.05),
    ),
    plain(iris),
  ),
  hard(
    'amounts-of-millions-huber',
    classifier({ ...amounts(2e6, 1e5), loss: 'huber' }, [dense(16, 'tanh')], adam(3e-3)),
    plain(amounts(0, 1)),
  ),
  hard(
    'softmax-of-three-questions',
    experiment(labels('binary_cross_entropy'), [dense(16, 'sigmoid'), dense(3, 'softmax')], sgd(0.05)),
    experiment(labels('binary_cross_entropy'), [relu(32), dense(3, 'sigmoid')], adam(0.01)),
  ),
  hard(
    'from-left-to-right',
    classifier(sorted(false), [dense(24, 'tanh')], sgd(0.1, 0.9), { batch_size: 16 }),
    classifier(sorted(true), [dense(32, 'tanh'), dense(32, 'tanh')], adam(0.01)),
  ),
  hard(
    'lstm-at-rate-1',
    classifier(adding(8), [{ type: 'lstm', units: 24 }], adam(1), { steps: 500 }),
    classifier(adding(8), [{ type: 'gru', units: 24 }], adam(0.01), { steps: 600 }),
    'recurrent',
  ),
  hard(
    'attention-at-rate-0.3',
    classifier(
      strips,
      [
        ...embed,
        repeat(3, residual(attend), layerNorm, residual(dense(32, 'relu'), dense(16)), layerNorm),
        readout,
      ],
      adam(0.3),
      { steps: 200 },
    ),
    attentive,
    'attention',
  ),
  hard(
    'gelu-24-slow',
    classifier(wine, [repeat(24, dense(16, 'gelu', normal(0.2)))], sgd(1e-3)),
    plain(wine),
  ),
  hard(
    'dead-in-16-trials',
    {
      ...classifier(
        moons,
        [dense(16, 'relu', { bias_initializer: { type: 'constant', value: -10 } }), dense(16, 'relu')],
        sgd(1e-3),
      ),
      remedies: { max_trials: 16 },
    },
    plain(moons),
  ),
];

/** Two clouds that overlap, in few samples and many directions. */
const clouds: Task = (() => {
  const inputs = rows(110, 12);
  const targets = inputs.map((row, i) => Number(at(row, 2) + at(row, 5) + 0.8 * bell(i + 99) > 0));
  return { ...moons, data: { type: 'inline', inputs, targets, validation_split: 0.5 }, shape: [12] };
})();

/** Two classes as the numbers 0 and 1. */
const halves = (loss: string): Task => {
  const inputs = rows(500, 2);
  const targets = inputs.map((row) => Number(at(row, 0) ** 2 + at(row, 1) ** 2 > 1.4));
  return { ...friedman, data: { type: 'inline', inputs, targets }, shape: [2], outputs: 1, loss };
};

/** Samples class after class. */
const oneByOne = (shuffle: boolean): Task => {
  const inputs = rows(800, 4).map((row, i) => row.map((x, j) => (j === Math.floor(i / 200) ? x + 3 : x)));
  const targets = inputs.map((_, i) => Math.floor(i / 200));
  const data = { type: 'inline', inputs, targets, shuffle, validation_split: 0 };
  return { ...iris, data, shape: [4], outputs: 4 };
};

const second = [
  hard(
    'gru-dropped-0.95',
    classifier(adding(6), [{ type: 'gru', units: 20 }, drop(0.95)], adam(0.003), { steps: 400 }),
    classifier(adding(6), [{ type: 'gru', units: 24 }], adam(0.01), { steps: 400 }),
    'recurrent',
  ),
  hard(
    'penalty-0.3-of-absolute-weights',
    classifier(amounts(0, 1), [relu(24), relu(24)], adam(0.01), { regularization: { l1: 0.3 } }),
    plain(amounts(0, 1)),
  ),
  hard(
    'noise-of-8-twice',
    classifier(
      moons,
      [{ type: 'gaussian_noise', stddev: 8 }, relu(24), { type: 'gaussian_noise', stddev: 8 }, relu(24)],
      adam(0.003),
    ),
    plain(moons),
  ),
  hard(
    'clipped-to-a-millionth',
    classifier(iris, [dense(24, 'tanh')], sgd(0.05, 0.9), {
      gradient_clipping: { type: 'value', max_value: 1e-6 },
    }),
    plain(iris),
  ),
  hard(
    'clouds-by-heart',
    classifier(clouds, [dense(128, 'tanh'), dense(64, 'tanh')], adam(0.01), { steps: 600, batch_size: 16 }),
    classifier(clouds, [], adam(0.02), { steps: 200, batch_size: 16 }),
  ),
  hard(
    'changes-of-a-ten-thousandth',
    classifier(amounts(1, 1e-4), [dense(20, 'tanh')], sgd(0.05)),
    plain(amounts(0, 1)),
  ),
  hard(
    'tanh-for-probabilities',
    experiment({ ...iris, loss: 'categorical_cross_entropy' }, [relu(24), dense(3, 'tanh')], sgd(0.1)),
    plain(iris),
  ),
  hard(
    'squared-error-of-deep-sigmoids',
    experiment(
      halves('mean_squared_error'),
      [repeat(6, dense(16, 'sigmoid')), dense(1, 'sigmoid')],
      sgd(0.1),
    ),
    experiment(halves('binary_cross_entropy'), [relu(32), relu(32), dense(1, 'sigmoid')], adam(0.01)),
  ),
  hard(
    'one-by-one-in-batches-of-8',
    classifier(oneByOne(false), [dense(24), norm(0.9), act('relu')], sgd(0.3), { batch_size: 8 }),
    plain(oneByOne(true)),
  ),
  hard(
    'relu-loop-of-large-weights',
    classifier(
      adding(8),
      [
        {
          type: 'simple_rnn',
          units: 20,
          activation: 'relu',
          recurrent_initializer: { type: 'normal', stddev: 0.6 },
        },
      ],
      sgd(0.3, 0.9),
      { steps: 500 },
    ),
    classifier(adding(8), [{ type: 'gru', units: 24 }], adam(0.01), { steps: 600 }),
    'recurrent',
  ),
  hard(
    'one-sample-at-rate-0.8',
    classifier(wine, [relu(24), relu(24)], sgd(0.8), { batch_size: 1, steps: 400 }),
    plain(wine),
  ),
  hard(
    'raw-sigmoids-and-penalty-in-3-seconds',
    {
      ...classifier(on(breast_cancer, { standardize: false }), [repeat(5, dense(16, 'sigmoid'))], sgd(0.05), {
        regularization: { l2: 0.1 },
      }),
      remedies: { min_duration_s: 3 },
    },
    plain(breast_cancer),
  ),
];

export const unseenScenarios: readonly Scenario[] = [
  ...rename('1', first),
  ...rename('2', second),
  ...rename('3', thirdSet),
  ...rename('4', fourthSet),
  ...rename('5', fifthSet),
  ...rename('6', sixthSet),
  ...rename('7', seventhSet),
  ...rename('8', eighthSet),
  ...rename('9', ninthSet),
];
