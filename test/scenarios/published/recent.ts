/**
 * @file Twelve reports more, of outputs, data and starts (`recent_trainings.ts` holds those of rates and the rest of that search). They
 * were written down, with their causes, before the service was asked about them.
 */
import { at, bell, chance, even, rows } from '../numbers.ts';
import { adam, type Config, dense, normal, sgd } from '../scenario.ts';
import { cce, conv, digits, github, inline, layer, mse, type Published, run } from './parts.ts';

const flat: Config = { type: 'flatten' };
const pulled = (repository: string, pull: number) => `https://github.com/${repository}/pull/${pull}`;

const visits = Array.from({ length: 600 }, (_, i) => ({
  user: Math.floor(24 * chance(i + 120_000)),
  item: Math.floor(24 * chance(i + 121_000)),
}));
const taste = (who: number, j: number) => bell(8 * who + j + 122_000);
const likes = ({ user, item }: { user: number; item: number }) =>
  Number(taste(user, 0) * taste(item + 100, 0) + taste(user, 1) * taste(item + 100, 1) > 0);
/** A tower for each of two tokens, and a small network over both, as in neural matrix factorization. */
const recommender = (last: string): Config => {
  const tower = (input: string): Config[] => [
    { type: 'embedding', vocabulary: 24, dimensions: 8, inputs: [input], name: `${input}_table` },
    { ...flat, name: `${input}_vector` },
  ];
  const token = { shape: [1], dtype: 'token' };
  return {
    network: {
      inputs: { user: token, item: token },
      layers: [
        ...tower('user'),
        ...tower('item'),
        { type: 'concatenate', inputs: ['user_vector', 'item_vector'] },
        layer(32, 'relu'),
        layer(16, 'relu'),
        layer(1, last),
      ],
    },
    data: {
      type: 'inline',
      inputs: { user: visits.map(({ user }) => [user]), item: visits.map(({ item }) => [item]) },
      targets: visits.map((visit) => [likes(visit)]),
    },
    training: { loss: 'sigmoid_cross_entropy', optimizer: adam(0.01), batch_size: 32, steps: 400 },
  };
};
const twoSigmoids: Published = {
  name: 'recommender-with-two-sigmoids',
  source: pulled('yudi-mars/daisyRec', 15),
  accepted: 'the loss applies a sigmoid already; behind another one it does not converge',
  labels: [['loss_output_mismatch']],
  half: 'develop',
  experiment: recommender('sigmoid'),
  twin: recommender('linear'),
};

const scans = rows(500, 20);
const signs = scans.map((row) => [0, 1, 2, 3, 4].map((j) => Number(at(row, j) + at(row, j + 5) > 0.6)));
const severalSigns = (last: string) =>
  run([20], [layer(32, 'relu'), layer(5, last)], inline(scans, signs), {
    loss: 'sigmoid_cross_entropy',
    optimizer: adam(0.005),
    steps: 300,
  });
const neverNegative: Published = {
  name: 'several-labels-from-scores-that-are-never-negative',
  source: github('M-Nauta/PIPNet', 7),
  accepted:
    'the scores are always positive, so that the sigmoid in the loss gives every label at least one half',
  labels: [['loss_output_mismatch']],
  half: 'judge',
  experiment: severalSigns('relu'),
  twin: severalSigns('linear'),
};

const homes = even(400, 6, 0, 1);
const values = homes.map((row, i) => 8 + 25 * at(row, 0) * at(row, 1) + 10 * at(row, 2) + bell(i + 123_000));
const nnet = (last: string, more: Config) =>
  run(
    [6],
    [dense(5, 'sigmoid'), dense(1, last)],
    inline(homes, values, { standardize: true, ...more }),
    mse(adam(0.02), { steps: 500 }),
  );
const logistic: Published = {
  name: 'logistic-output-unit-for-a-regression',
  source: pulled('topepo/caret', 1364),
  accepted: 'for a regression the output has to be linear: by default it is logistic',
  labels: [['loss_output_mismatch']],
  half: 'develop',
  experiment: nnet('sigmoid', {}),
  twin: nnet('linear', { standardize_targets: true }),
};

const cloud = Array.from({ length: 100 }, (_, i) => 4 * chance(i + 124_000) - 2);
const aroundPoint = (x: number, y: number) =>
  run(
    [1],
    [dense(3, 'sigmoid'), dense(3, 'sigmoid'), layer(1)],
    inline(
      cloud.map((u) => [x + u]),
      cloud.map((u, i) => y + Math.sin(1.5 * u) + 0.1 * bell(i + 124_500)),
      { validation_split: 0 },
    ),
    mse(sgd(0.5), { batch_size: 100, steps: 1500 }),
  );
const farCloud: Published = {
  name: 'cloud-of-points-far-from-0',
  source: 'https://datascience.stackexchange.com/questions/31499',
  accepted: 'it converges only when the cloud of points is close to 0: centre the data',
  labels: [['unscaled_inputs', 'unscaled_targets']],
  half: 'judge',
  experiment: aroundPoint(20, 20),
  twin: aroundPoint(0, 0),
};

const prices = [600];
for (let day = 1; day < 400; day++) prices.push((prices.at(-1) ?? 0) + 4 * bell(day + 125_000));
const windows = prices.slice(10).map((_, i) => prices.slice(i, i + 10).map((price) => [price]));
const stocks = (more: Config) =>
  run(
    [10, 1],
    [
      { type: 'lstm', units: 24, return_sequences: true },
      { type: 'dropout', rate: 0.1 },
      { type: 'lstm', units: 16 },
      layer(8, 'relu'),
      layer(1),
    ],
    inline(windows, prices.slice(10), more),
    mse(adam(0.003), { steps: 400 }),
  );
const rawStocks: Published = {
  name: 'stock-prices-as-they-are',
  source: 'https://github.com/keras-team/keras/issues/6004',
  accepted: 'by applying normalization the problem is solved',
  labels: [['unscaled_inputs', 'unscaled_targets']],
  half: 'develop',
  experiment: stocks({}),
  twin: stocks({ standardize: true, standardize_targets: true }),
};

const twoGroups = Array.from({ length: 200 }, (_, i) =>
  i % 2 ? [190 + 6 * bell(i + 126_000), 70] : [90, 150].map((x, j) => x + 6 * bell(2 * i + j + 127_000)),
);
const perceptron = (more: Config) =>
  run(
    [2],
    [dense(1, 'sigmoid', { kernel_initializer: { type: 'uniform', min: -0.5, max: 0.5 } })],
    inline(
      twoGroups,
      twoGroups.map((_, i) => (i % 2 ? 0.7 : 0.3)),
      { validation_split: 0, ...more },
    ),
    mse(sgd(0.5), { batch_size: 20, steps: 600 }),
  );
const oneSigmoid: Published = {
  name: 'one-saturated-sigmoid',
  source:
    'https://huggingface.co/datasets/nvidia/Nemotron-CC-Math-v1 (eremo: A single neuron perceptron with sigmoid activation function, 2020)',
  accepted: 'without normalized inputs the sigmoid is saturated, and gradient descent fails',
  labels: [['unscaled_inputs', 'saturated_units']],
  half: 'judge',
  experiment: perceptron({}),
  twin: perceptron({ standardize: true }),
};

/** Sentences of which few are of the second class, and half of those look it. */
const isRare = (i: number) => chance(i + 128_000) < 0.06;
const remarks = Array.from({ length: 900 }, (_, i) =>
  Array.from({ length: 12 }, (__, t) =>
    isRare(i) && t < 2 && chance(i + 128_500) < 0.7
      ? 28 + Math.floor(4 * chance(12 * i + t + 129_000))
      : Math.floor(30 * chance(12 * i + t + 129_500)),
  ),
);
const remarkable = (more: Config) =>
  run(
    [12],
    [
      { type: 'embedding', vocabulary: 32, dimensions: 16 },
      { type: 'positional_embedding', kind: 'sinusoidal' },
      { type: 'residual', layers: [{ type: 'self_attention', heads: 2 }] },
      { type: 'layer_norm' },
      { type: 'global_average_pool1d' },
      layer(2, 'softmax'),
    ],
    inline(
      remarks,
      remarks.map((_, i) => Number(isRare(i))),
    ),
    cce(adam(0.001), { steps: 250, ...more }),
    { dtype: 'token' },
  );
const sixInAHundred: Published = {
  name: 'six-sentences-in-a-hundred',
  source: github('ThilinaRajapakse/simpletransformers', 281),
  accepted: 'the data are imbalanced, 85 of 1440: with balanced class weights it converges',
  labels: [['class_imbalance']],
  half: 'develop',
  experiment: remarkable({}),
  twin: remarkable({ class_weights: 'balanced' }),
};

/** A ring, a cross or a bar of its own width and place for each of eight kinds of plane. */
const KINDS = 8;
const plane = (i: number, kind: number) => [
  Array.from({ length: 8 }, (_, y) =>
    Array.from(
      { length: 8 },
      (__, x) =>
        0.5 * bell(64 * i + 8 * y + x + 130_000) + Number(x === kind) + Number(y === (5 * kind + 2) % 8),
    ),
  ),
];
const kindOf = Array.from({ length: 960 }, (_, i) => Math.floor((i * KINDS) / 960));
const planes = (shuffle: boolean) =>
  run(
    [1, 8, 8],
    [conv(8), { type: 'max_pool2d', pool_size: 2 }, flat, layer(32, 'relu'), layer(KINDS)],
    inline(
      kindOf.map((kind, i) => plane(i, kind)),
      kindOf,
      { shuffle, validation_split: 0 },
    ),
    { loss: 'softmax_cross_entropy', optimizer: sgd(0.05, 0.9), batch_size: 32, steps: 240 },
  );
const inOrder: Published = {
  name: 'aircraft-one-kind-after-the-other',
  source: github('pytorch/vision', 7818),
  accepted: 'the samples come kind after kind; unless they are shuffled, the result is much worse',
  labels: [['unshuffled_data']],
  half: 'judge',
  experiment: planes(false),
  twin: planes(true),
};

/** As `mx.init.Xavier` draws from a Gaussian: a variance of 3 over the mean of both fans. */
const wide = (fan: number): Config => normal(Math.sqrt(3 / fan));
const vgg = (start: (fan: number) => Config, rate: number) =>
  run(
    [1, 8, 8],
    [
      conv(16, start(9 * 8.5)),
      conv(16, start(9 * 16)),
      { type: 'max_pool2d', pool_size: 2 },
      conv(32, start(9 * 24)),
      conv(32, start(9 * 32)),
      conv(32, start(9 * 32)),
      { type: 'max_pool2d', pool_size: 2 },
      conv(32, start(9 * 32)),
      conv(32, start(9 * 32)),
      conv(32, start(9 * 32)),
      flat,
      dense(64, 'relu', start(96)),
      dense(64, 'relu', start(64)),
      dense(10, 'linear', start(37)),
    ],
    digits(1 / 4),
    { loss: 'softmax_cross_entropy', optimizer: sgd(rate, 0.9), batch_size: 64, steps: 150 },
  );
const gaussianXavier: Published = {
  name: 'vgg-from-gaussian-weights',
  source: github('apache/mxnet', 9866),
  accepted: 'the default initialization draws weights so large that VGG only converges at a very small rate',
  labels: [['poor_initialization', 'exploding_gradient', 'update_ratio', 'non_finite_values']],
  half: 'develop',
  experiment: vgg(wide, 0.05),
  twin: vgg(() => ({ kernel_initializer: 'glorot_uniform' }), 0.05),
};

const spectra = Array.from({ length: 400 }, (_, i) => {
  const loud = Math.exp(0.5 * bell(i + 131_000));
  return Array.from({ length: 48 }, (__, f) => loud * Math.abs(1 + 0.7 * bell(48 * i + f + 132_000)));
});
const notes = spectra.map((row) =>
  Array.from({ length: 8 }, (_, n) => Number(at(row, 3 * n) + at(row, 3 * n + 1) > 2.4)),
);
const musicnet = (start: Config) =>
  run(
    [48],
    [dense(8, 'linear', { use_bias: false, ...start })],
    inline(spectra, notes),
    mse(sgd(0.002), { batch_size: 50, steps: 300 }),
  );
const randomLinear: Published = {
  name: 'linear-model-from-random-weights',
  source: github('jthickstun/pytorch_musicnet', 4),
  accepted: 'from zeros the linear model works; drawn weights must be small, of variance 0.01',
  labels: [['poor_initialization']],
  half: 'judge',
  experiment: musicnet(normal(1)),
  twin: musicnet({ kernel_initializer: 'zeros' }),
};

const nothing = Array.from({ length: 200 }, () => ({ a: [0, 0, 0], b: [0, 0, 0] }));
const something = nothing.map((_, i) => ({
  a: [0, 1, 2].map((j) => chance(6 * i + j + 133_000)),
  b: [3, 4, 5].map((j) => chance(6 * i + j + 133_000)),
}));
const branches = (quotes: readonly { a: number[]; b: number[] }[]): Config => ({
  network: {
    inputs: { a: { shape: [3] }, b: { shape: [3] } },
    layers: [
      { ...layer(3, 'relu'), inputs: ['a'], name: 'of_a' },
      { ...layer(3, 'relu'), inputs: ['b'], name: 'of_b' },
      { type: 'concatenate', inputs: ['of_a', 'of_b'] },
      layer(3, 'relu'),
      layer(3, 'relu'),
    ],
  },
  data: {
    type: 'inline',
    inputs: { a: quotes.map(({ a }) => a), b: quotes.map(({ b }) => b) },
    targets: quotes.map(() => [0.1, 0.25, 0.5]),
    validation_split: 0,
  },
  training: mse(sgd(0.01, 0.95), { batch_size: 20, steps: 300 }),
});
const reluOnZeros: Published = {
  name: 'relu-layers-on-inputs-of-zero',
  source: github('joaopauloschuler/neural-api', 35),
  accepted: 'all inputs are 0 and the layers are ReLU: the output is 0 and the biases do not move',
  labels: [['dead_units', 'loss_output_mismatch']],
  half: 'develop',
  experiment: branches(nothing),
  twin: branches(something),
};

const WORDS = 60;
const documents = Array.from({ length: 600 }, (_, i) => {
  const topic = Math.floor(6 * chance(i + 134_000));
  const word = (t: number) =>
    chance(20 * i + t + 135_000) < 0.5
      ? 10 * topic + Math.floor(10 * chance(20 * i + t + 136_000))
      : Math.floor(WORDS * chance(20 * i + t + 137_000));
  const counts = Array.from({ length: WORDS }, () => 0);
  for (let t = 0; t < 20; t++) counts[word(t)] = (counts[word(t)] ?? 0) + 1;
  return { counts, topic };
});
const topics = (rate: number) =>
  run(
    [WORDS],
    [layer(64, 'relu'), layer(64, 'relu'), layer(32, 'relu'), layer(6, 'softmax')],
    inline(
      documents.map(({ counts }) => counts),
      documents.map(({ topic }) => topic),
    ),
    cce(adam(rate), { steps: 250 }),
  );
const deadTopics: Published = {
  name: 'topics-behind-dead-relus',
  source: pulled('dangitstam/topic-rnn', 9),
  accepted: 'a smaller learning rate prevents the ReLUs from dying',
  labels: [['dead_units', 'update_ratio']],
  half: 'judge',
  experiment: topics(0.2),
  twin: topics(0.001),
};

export const recent: readonly Published[] = [
  twoSigmoids,
  neverNegative,
  logistic,
  farCloud,
  rawStocks,
  oneSigmoid,
  sixInAHundred,
  inOrder,
  gaussianXavier,
  randomLinear,
  reluOnZeros,
  deadTopics,
];
