/** @file Fourteen reports more, of every theme. They were written down, with their causes, before the service was asked about them. */
import { at, bell, chance, even, rows } from '../numbers.ts';
import { adam, type Config, dense, normal, residual, sgd } from '../scenario.ts';
import {
  bce,
  cce,
  clusters,
  conv,
  digits,
  dropout,
  github,
  inline,
  keras,
  layer,
  mse,
  oneHot,
  type Published,
  pool,
  run,
  stackoverflow,
} from './parts.ts';

const act = (activation: string): Config => ({ type: 'activation', activation });
const flat: Config = { type: 'flatten' };

const topics = Array.from({ length: 1200 }, (_, i) => Math.floor(i / 200));
const texts = topics.map((topic, i) =>
  Array.from({ length: 12 }, (_, t) =>
    chance(12 * i + t) < 0.5
      ? 10 * topic + Math.floor(10 * chance(12 * i + t + 9000))
      : Math.floor(60 * chance(12 * i + t + 77_000)),
  ),
);
const bagOfWords = (shuffle: boolean) =>
  run(
    [12],
    [
      {
        type: 'embedding',
        vocabulary: 60,
        dimensions: 10,
        table_initializer: { type: 'uniform', min: -0.1, max: 0.1 },
      },
      { type: 'global_average_pool1d' },
      layer(6, 'softmax'),
    ],
    inline(texts, topics, { shuffle, validation_split: 0 }),
    cce(sgd(2), { batch_size: 10, steps: 600 }),
    { dtype: 'token' },
  );
const clusteredLabels: Published = {
  name: 'text-classifier-on-clustered-labels',
  source: github('facebookresearch/fastText', 74),
  accepted: 'lines come class after class, and are processed in order: shuffle them',
  labels: [['unshuffled_data']],
  half: 'develop',
  experiment: bagOfWords(false),
  twin: bagOfWords(true),
};

/** Images of noise with a few bright pixels, and the mask of these pixels. */
function pixels(share: number, brightness: number): Config {
  const [size, count] = [8, 300];
  const isObject = (i: number, p: number) => chance(i * 64 + p + 11) < share;
  const image = (of: (p: number) => number) => [
    Array.from({ length: size }, (_, y) => Array.from({ length: size }, (__, x) => of(size * y + x))),
  ];
  return inline(
    Array.from({ length: count }, (_, i) =>
      image((p) => bell(64 * i + p) + (isObject(i, p) ? brightness : 0)),
    ),
    Array.from({ length: count }, (_, i) => image((p) => Number(isObject(i, p)))),
  );
}
const segmented = (data: Config) =>
  run(
    [1, 8, 8],
    [
      conv(8),
      conv(8),
      { type: 'conv2d', filters: 1, kernel_size: 3, padding: 'same', activation: 'sigmoid' },
    ],
    data,
    bce(adam(0.003), { steps: 200 }),
  );
const allBackground: Published = {
  name: 'segmentation-of-one-pixel-in-a-hundred',
  source: github('dmlc/gluon-cv', 644),
  accepted:
    'more than 99 % of the pixels are background: the answer is always background, and 99 % right; weigh the classes',
  labels: [['class_imbalance']],
  half: 'judge',
  experiment: segmented(pixels(0.01, 1.5)),
  twin: segmented(pixels(0.3, 4)),
};

/** A bar on each, seen in a light of its own; and where the bar is. */
const lit: Config = (() => {
  const [size, count] = [8, 200];
  const where = (i: number) => Math.floor(size * chance(i + 5));
  const grid = (of: (y: number, x: number) => number) => [
    Array.from({ length: size }, (_, y) => Array.from({ length: size }, (__, x) => of(y, x))),
  ];
  const light = (i: number) => 3 * bell(i + 400);
  const contrast = (i: number) => Math.exp(bell(i + 800));
  return inline(
    Array.from({ length: count }, (_, i) =>
      grid((y, x) => light(i) + contrast(i) * (0.2 * bell(1000 * i + size * y + x) + Number(y === where(i)))),
    ),
    Array.from({ length: count }, (_, i) => grid((y) => Number(y === where(i)))),
    { validation_split: 0 },
  );
})();
const onePerBatch = (norm: string, batch_size: number) =>
  run(
    [1, 8, 8],
    [
      conv(8, { activation: 'linear' }),
      { type: norm },
      act('relu'),
      conv(8, { activation: 'linear' }),
      { type: norm },
      act('relu'),
      { type: 'conv2d', filters: 1, kernel_size: 3, padding: 'same', activation: 'sigmoid' },
    ],
    lit,
    bce(adam(0.003), { batch_size, steps: 400 }),
  );
const batchOfOne: Published = {
  name: 'batch-norm-over-single-volumes',
  source: github('wolny/pytorch-3dunet', 53),
  accepted:
    'batch norm with a batch of one: in evaluation the predictions make no sense, in training mode they are fine',
  labels: [['inference_mismatch', 'degenerate_normalization']],
  half: 'develop',
  experiment: onePerBatch('batch_norm', 1),
  twin: onePerBatch('instance_norm', 8),
};

const cards = clusters(1500, 64, 10, 0.8);
const squashed = cards.inputs.map((row) => row.map((x) => 1 / (1 + Math.exp(-x))));
/** Its cost is half the sum over the outputs: five times the mean of squares over ten. */
const ofTheBook = (rate: number, stddev: number, steps: number) => {
  const drawn: Config = { ...normal(stddev), bias_initializer: { type: 'normal', stddev } };
  return run(
    [64],
    [dense(30, 'relu', drawn), dense(10, 'relu', drawn)],
    inline(
      squashed,
      cards.labels.map((label) => oneHot(label, 10)),
    ),
    mse(sgd(5 * rate), { batch_size: 10, steps }),
  );
};
const sigmoidsBecomeRelus: Published = {
  name: 'sigmoids-of-the-book-replaced-by-relus',
  source: github('MichalDanielDobrzanski/DeepLearningPython', 13),
  accepted:
    'with ReLU the rate of 3 is too high and the weights are too large: 0.01, and a tenth of the weights',
  labels: [['update_ratio', 'exploding_gradient', 'poor_initialization', 'non_finite_values']],
  half: 'judge',
  experiment: ofTheBook(3, 1, 300),
  twin: ofTheBook(0.02, 0.1, 2000),
};

const coded = (activation: string, rate: number) =>
  run(
    [64],
    [layer(100, activation), layer(64)],
    { ...digits(), targets: 'inputs' },
    {
      loss: 'sigmoid_cross_entropy',
      optimizer: adam(rate),
      batch_size: 100,
      steps: 300,
    },
  );
const softmaxCode: Published = {
  name: 'autoencoder-with-a-softmax-code',
  source: github('rajarsheem/libsdae-autoencoder-tensorflow', 3),
  accepted: 'softmax almost never works but at the output: ReLU, tanh or sigmoid; and a lower rate',
  labels: [['loss_output_mismatch']],
  half: 'develop',
  experiment: coded('softmax', 0.005),
  twin: coded('relu', 0.005),
};

/** Bars that stand or lie, of mean 0 and standard deviation 1. */
const standardBars = Array.from({ length: 400 }, (_, i) => {
  const where = Math.floor(8 * chance(i + 5));
  return [
    Array.from({ length: 8 }, (__, y) =>
      Array.from({ length: 8 }, (___, x) => (Number((i % 2 === 0 ? y : x) === where) - 1 / 8) / 0.33),
    ),
  ];
});
const rebuilt = (last: string) =>
  run(
    [1, 8, 8],
    [
      conv(8),
      pool,
      conv(8),
      { type: 'up_sampling2d', size: 2 },
      { type: 'conv2d', filters: 1, kernel_size: 3, padding: 'same', activation: last },
    ],
    inline(standardBars, 'inputs'),
    mse(adam(0.005), { steps: 300 }),
  );
const clippedBelow: Published = {
  name: 'autoencoder-of-standardized-images',
  source: 'https://github.com/mikesj-public/convolutional_autoencoder/pull/9',
  accepted: 'ReLU at the output cannot give the negative half of standardized pixels',
  labels: [['loss_output_mismatch']],
  half: 'judge',
  experiment: rebuilt('relu'),
  twin: rebuilt('linear'),
};

const questions = Array.from({ length: 600 }, (_, i) =>
  Array.from({ length: 12 }, (__, t) => Math.floor(16 * chance(12 * i + t + 3000))),
);
const norm: Config = { type: 'layer_norm' };
const postNorm = (rate: number) =>
  run(
    [12],
    [
      { type: 'embedding', vocabulary: 16, dimensions: 32, table_initializer: { type: 'normal', stddev: 1 } },
      { type: 'positional_embedding', kind: 'sinusoidal' },
      ...Array.from({ length: 4 }, () => [
        residual({ type: 'self_attention', heads: 4 }),
        norm,
        residual(layer(64, 'relu'), layer(32)),
        norm,
      ]).flat(),
      { type: 'global_average_pool1d' },
      layer(4),
    ],
    inline(
      questions,
      questions.map((question) => at(question, 0) % 4),
    ),
    {
      loss: 'softmax_cross_entropy',
      optimizer: { type: 'adam', learning_rate: rate, beta_2: 0.995 },
      steps: 200,
      gradient_clipping: { type: 'global_norm', max_norm: 0.1 },
    },
    { dtype: 'token' },
  );
const mathematics: Published = {
  name: 'transformer-at-six-times-the-rate',
  source: github('google-deepmind/mathematics_dataset', 5),
  accepted:
    'at 6e-4 it stays at a loss of 3.15 and 0 % after 50,000 steps; at 1e-4 the same transformer learns',
  labels: [['update_ratio', 'exploding_gradient', 'unstable_loss', 'non_finite_values']],
  half: 'develop',
  experiment: postNorm(0.03),
  twin: postNorm(0.002),
};

const anything = even(300, 8);
const randomOut = (last: Config) =>
  run(
    [8],
    [layer(16, 'relu'), layer(8, 'relu'), last],
    inline(
      anything,
      anything.map((_, i) => 0.5 + 0.1 * bell(i + 60_000)),
    ),
    mse(sgd(0.01), { batch_size: 1, steps: 500 }),
  );
const reluOfNoise: Published = {
  name: 'relu-output-on-random-data',
  source: github('chelsea0x3b/dfdx', 486),
  accepted: 'all gradients become 0: ReLU at the output cuts off what is negative',
  labels: [['dead_units', 'loss_output_mismatch']],
  half: 'judge',
  experiment: randomOut(dense(1, 'relu', { kernel_initializer: { type: 'uniform', min: -0.6, max: 0 } })),
  twin: randomOut(layer(1)),
};

const bits = Array.from({ length: 500 }, (_, i) =>
  Array.from({ length: 16 }, (__, t) => [Number(chance(16 * i + t + 500) > 0.5)]),
);
const bitReader = (last: string, rate: number, steps: number) =>
  run(
    [16, 1],
    [{ type: 'lstm', units: 16 }, layer(1, last)],
    inline(
      bits,
      bits.map((sequence) => [Number(sequence.reduce((sum, [bit = 0]) => sum + bit, 0) > 8)]),
    ),
    bce(adam(rate), { batch_size: 50, steps }),
  );
const oneSoftmax: Published = {
  name: 'lstm-with-one-softmax-unit-for-one-epoch',
  source: stackoverflow(47241622),
  accepted: 'softmax of one unit is always 1: sigmoid, or two units',
  labels: [['loss_output_mismatch']],
  half: 'develop',
  experiment: bitReader('softmax', 0.001, 40),
  twin: bitReader('sigmoid', 0.01, 300),
};

const draws = Array.from({ length: 600 }, (_, i) => Math.floor(100 * chance(i + 4000)));
const rawIntegers: Published = {
  name: 'rnn-on-raw-integers',
  source: 'https://datascience.stackexchange.com/questions/28086',
  accepted: 'raw integers of 0 to 100 as inputs and targets: it answers about 50 to everything; code them',
  labels: [['unscaled_inputs', 'unscaled_targets']],
  half: 'judge',
  experiment: run(
    [1, 1],
    [{ type: 'simple_rnn', units: 2 }, layer(1)],
    inline(
      draws.slice(2).map((x) => [[x]]),
      draws.slice(0, -2),
    ),
    mse(adam(0.001), { batch_size: 5, steps: 800 }),
  ),
  twin: run(
    [3, 1],
    [{ type: 'simple_rnn', units: 16 }, layer(1)],
    inline(
      draws.slice(2).map((_, i) => draws.slice(i, i + 3).map((x) => [(x - 50) / 29])),
      draws.slice(0, -2).map((x) => (x - 50) / 29),
    ),
    mse(adam(0.01), { batch_size: 20, steps: 400 }),
  ),
};

const snapshots = (count: number, noise: number, flipped: number) =>
  inline(
    Array.from({ length: count }, (_, i) => {
      const where = Math.floor(8 * chance(i + 5));
      return [
        Array.from({ length: 8 }, (__, y) =>
          Array.from(
            { length: 8 },
            (___, x) => noise * bell(1000 * i + 8 * y + x) + Number((i % 2 === 0 ? y : x) === where),
          ),
        ),
      ];
    }),
    Array.from({ length: count }, (_, i) => (chance(i + 650) < flipped ? 1 - (i % 2) : i % 2)),
    { validation_split: 0.3 },
  );
const deepPicture = (data: Config) =>
  run(
    [1, 8, 8],
    [conv(16), conv(16), pool, conv(32), conv(32), flat, layer(2, 'softmax')],
    data,
    cce(adam(0.003), { steps: 250 }),
  );
const validationRises: Published = {
  name: 'validation-loss-rises-after-some-epochs',
  source: keras(3755),
  accepted: 'the training loss keeps falling while the validation loss rises: it overfits',
  labels: [['overfitting']],
  half: 'develop',
  experiment: deepPicture(snapshots(100, 0.7, 0.2)),
  twin: deepPicture(snapshots(600, 0.2, 0)),
};

const gated = (initializer: Config) =>
  run(
    [4],
    [
      { ...layer(16, 'relu'), name: 'features' },
      { type: 'rms_norm' },
      { ...dense(16, 'relu', { ...initializer, use_bias: false }), name: 'weights' },
      { type: 'multiply', inputs: ['features', 'weights'] },
      layer(3),
    ],
    { type: 'iris', standardize: true },
    { loss: 'softmax_cross_entropy', optimizer: adam(0.01), steps: 300 },
  );
const zeroGate: Published = {
  name: 'zeros-before-a-relu-without-bias',
  source: github('lucidrains/deep-cross-attention', 2),
  accepted:
    'zero initial weights, no bias and ReLU: no symmetry is broken, and no gradient ever moves them; small ones',
  labels: [['poor_initialization', 'dead_units']],
  half: 'judge',
  experiment: gated({ kernel_initializer: 'zeros' }),
  twin: gated(normal(0.1)),
};

const houses = rows(800, 8);
const prices = houses.map(
  (house, i) => 250_000 + 60_000 * at(house, 0) + 50_000 * Math.abs(at(house, 1)) + 20_000 * bell(i + 5000),
);
const housing = (optimizer: Config, more: Config) =>
  run(
    [8],
    [layer(8, 'relu'), layer(1)],
    inline(houses, prices, more),
    mse(optimizer, { batch_size: 64, steps: 500 }),
  );
const houseMean: Published = {
  name: 'two-thousand-epochs-towards-the-mean-price',
  source: 'https://stats.stackexchange.com/questions/409000',
  accepted: 'prices around 250,000 are worked up to from 0, step by step: standardize the targets',
  labels: [['unscaled_targets']],
  half: 'develop',
  experiment: housing(adam(0.001), {}),
  twin: housing(adam(0.02), { standardize_targets: true }),
};

const vgg = (rate: number) =>
  run(
    [1, 8, 8],
    [
      ...[conv(16), conv(16), pool, conv(32), conv(32), pool, flat],
      ...[layer(64, 'relu'), dropout(0.3), layer(64, 'relu'), dropout(0.3), layer(10)],
    ],
    digits(),
    { loss: 'softmax_cross_entropy', optimizer: adam(rate), steps: 200 },
  );
const stuckAtChance: Published = {
  name: 'vgg-stuck-at-chance',
  source: github('FluxML/model-zoo', 220),
  accepted: 'the loss rises first, and the accuracy stands at 0.087: the learning rate is too high',
  labels: [['update_ratio', 'exploding_gradient', 'non_finite_values']],
  half: 'judge',
  experiment: vgg(0.03),
  twin: vgg(0.002),
};

export const latest: readonly Published[] = [
  clusteredLabels,
  allBackground,
  batchOfOne,
  sigmoidsBecomeRelus,
  softmaxCode,
  clippedBelow,
  mathematics,
  reluOfNoise,
  oneSoftmax,
  rawIntegers,
  validationRises,
  zeroGate,
  houseMean,
  stuckAtChance,
];
