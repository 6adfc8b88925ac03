/** @file Scenarios of networks that answer at many places, time steps or pixels, and of loops that were hardly trained. */
import { at, bell, chance } from './numbers.ts';
import { adam, type Config, conv, type Draft, dense, sgd } from './scenario.ts';

const sick = (
  name: string,
  network: Draft['network'],
  rules: readonly string[],
  experiment: Config,
  twin: Config,
): Draft => ({ name: `sick/${name}`, network, experiment, sickness: { rules, layers: null, twin } });

const words = (sentences: number, length: number, vocabulary: number) =>
  Array.from({ length: sentences }, (_, i) =>
    Array.from({ length }, (__, t) => Math.floor(vocabulary * chance(length * i + t + 99_000))),
  );
const embedding = (vocabulary: number): Config => ({
  type: 'embedding',
  vocabulary,
  dimensions: 12,
  table_initializer: { type: 'normal', stddev: 1 },
});

const VOCABULARY = 200;
/** One of three names, or none: a `share` of the words are names, and each of them a name of its own kind. */
const tagged = (share: number, vocabulary: number): Config => {
  const inputs = words(300, 12, vocabulary);
  const tagOf = (word: number) => (word < share * vocabulary ? 1 + (word % 3) : 0);
  return { type: 'inline', inputs, targets: inputs.map((sentence) => sentence.map(tagOf)) };
};
const tagger = (data: Config, vocabulary: number, optimizer: Config, steps: number): Config => ({
  network: {
    input: { shape: [12], dtype: 'token' },
    layers: [
      embedding(vocabulary),
      { type: 'bidirectional', layer: { type: 'lstm', units: 12, return_sequences: true } },
      dense(4),
    ],
  },
  data,
  training: { loss: 'softmax_cross_entropy', optimizer, batch_size: 32, steps },
});
const onlyOthers = [
  [0.06, 0.002],
  [0.04, 0.003],
].map(([share = 0, rate = 0]) =>
  sick(
    `imbalance/tags-${share}`,
    'recurrent',
    ['class_imbalance'],
    tagger(tagged(share, VOCABULARY), VOCABULARY, adam(rate), 60),
    tagger(tagged(0.5, 40), 40, adam(0.02), 120),
  ),
);

/** Noise with bright pixels, and where these are. */
function spots(share: number, brightness: number): Config {
  const isSpot = (i: number, p: number) => chance(64 * i + p + 11) < share;
  const images = (of: (i: number, p: number) => number) =>
    Array.from({ length: 160 }, (_, i) => [
      Array.from({ length: 8 }, (__, y) => Array.from({ length: 8 }, (___, x) => of(i, 8 * y + x))),
    ]);
  return {
    type: 'inline',
    inputs: images((i, p) => bell(64 * i + p) + (isSpot(i, p) ? brightness : 0)),
    targets: images((i, p) => Number(isSpot(i, p))),
  };
}
const segmented = (data: Config, rate: number): Config => ({
  network: { input: { shape: [1, 8, 8] }, layers: [conv(6, 'relu'), conv(1, 'linear')] },
  data,
  training: { loss: 'sigmoid_cross_entropy', optimizer: adam(rate), batch_size: 32, steps: 120 },
});
const onlyBackground = [0.02, 0.01].map((share) =>
  sick(
    `imbalance/pixels-${share}`,
    'convolutional',
    ['class_imbalance'],
    segmented(spots(share, 1.5), 0.003),
    segmented(spots(0.3, 4), 0.02),
  ),
);

const lastWord = words(200, 30, 30);
const reader = (optimizer: Config, steps: number): Config => ({
  network: {
    input: { shape: [30], dtype: 'token' },
    layers: [embedding(30), { type: 'lstm', units: 16 }, dense(3)],
  },
  data: { type: 'inline', inputs: lastWord, targets: lastWord.map((sentence) => at(sentence, 29) % 3) },
  training: { loss: 'softmax_cross_entropy', optimizer, batch_size: 32, steps },
});
/** Over thirty steps a fresh LSTM passes hardly any gradient to the first one, whatever its rate. */
const hardlyTrained = [
  ['rate-1e-5', adam(1e-5), 80],
  ['rate-sgd', sgd(0.003), 80],
  ['steps-8', adam(0.003), 8],
  ['steps-12', adam(0.002), 12],
].map(([name, optimizer, steps]) =>
  sick(
    `lstm-hardly-trained/${name}`,
    'recurrent',
    ['slow_convergence', 'update_ratio', 'unchanged_parameters'],
    reader(optimizer as Config, steps as number),
    reader(adam(0.02), 120),
  ),
);

/** A word that nobody can foresee, one in thirty, stands where the word before it says which of three comes else. */
const foreseen = words(300, 12, 3);
const next: Config = {
  network: {
    input: { shape: [12], dtype: 'token' },
    layers: [embedding(3), { type: 'gru', units: 12, return_sequences: true }, dense(4)],
  },
  data: {
    type: 'inline',
    inputs: foreseen,
    targets: foreseen.map((sentence, i) =>
      sentence.map((word, t) => (chance(12 * i + t + 5) < 1 / 30 ? 3 : (word + 1) % 3)),
    ),
  },
  training: { loss: 'softmax_cross_entropy', optimizer: adam(0.02), batch_size: 32, steps: 120 },
};

export const healthyPlaces: readonly Draft[] = [
  { name: 'healthy/tags/rare-and-unforeseeable', network: 'recurrent', experiment: next, sickness: null },
];
export const sickPlaces: readonly (readonly Draft[])[] = [onlyOthers, onlyBackground, hardlyTrained];
