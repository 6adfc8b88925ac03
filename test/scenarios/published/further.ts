/** @file Sixteen reports more, of every theme. They were written down, with their causes, before the service was asked about them. */
import { at, bell, chance, rows } from '../numbers.ts';
import { adam, type Config, dense, normal, residual, sgd } from '../scenario.ts';
import {
  bce,
  cce,
  conv,
  digits,
  dropout,
  github,
  inline,
  layer,
  mse,
  type Published,
  pool,
  rmsprop,
  run,
  stackoverflow,
} from './parts.ts';

const flat: Config = { type: 'flatten' };

const bits = Array.from({ length: 600 }, (_, i) =>
  Array.from({ length: 16 }, (__, j) => Number(chance(16 * i + j + 40_000) > 0.5)),
);
const energies = bits.map((row) =>
  row.reduce((sum, bit, j) => sum + (bit === at(row, (j + 1) % 16) ? 1.5 : -1.5), 0),
);
const onBits = (activation: string, optimizer: Config) =>
  run(
    [16],
    [layer(64, activation), layer(64, activation), layer(64, activation), layer(64, activation), layer(1)],
    inline(bits, energies),
    mse(optimizer, { steps: 500 }),
  );
const fourSigmoids: Published = {
  name: 'four-sigmoid-layers-on-bits',
  source: 'https://ai.stackexchange.com/questions/16557',
  accepted: 'over four sigmoid layers the gradient vanishes: ReLU',
  labels: [['vanishing_gradient'], ['unscaled_targets']],
  half: 'develop',
  experiment: onBits('sigmoid', sgd(0.01)),
  twin: onBits('relu', adam(0.003)),
};

const television = Array.from({ length: 40 }, (_, i) => [1 + 590 * chance(i + 50_000) ** 3]);
const lives = television.map((row, i) => 72 - 0.03 * at(row, 0) + 4 * bell(i + 51_000));
const ofTelevision = (more: Config, rate: number) =>
  run(
    [1],
    [layer(1)],
    inline(television, lives, { shuffle: false, validation_split: 0, ...more }),
    mse(sgd(rate), { batch_size: 1, steps: 1200 }),
  );
const simplest: Published = {
  name: 'simple-linear-regression-gives-nan',
  source: 'https://stats.stackexchange.com/questions/284189',
  accepted: 'nothing was normalized: with standardized numbers the usual rate works',
  labels: [['unscaled_inputs']],
  half: 'judge',
  experiment: ofTelevision({}, 0.01),
  twin: ofTelevision({ standardize: true, standardize_targets: true }, 0.01),
};

const features = rows(64, 200);
const answers = rows(64, 10).map((row) => row.map((x) => 0.3 * x));
const byHand = (initializer: Config) =>
  run(
    [200],
    [
      dense(50, 'relu', { ...initializer, use_bias: false }),
      dense(10, 'linear', { ...initializer, use_bias: false }),
    ],
    inline(features, answers, { validation_split: 0 }),
    // The report sums the squares: this is its rate times the numbers of a batch.
    mse(sgd(0.064), { batch_size: 64, steps: 300 }),
  );
const manualWeights: Published = {
  name: 'the-same-rate-for-weights-drawn-by-hand',
  source: stackoverflow(55170175),
  accepted: 'weights of deviation 1 instead of those that a layer draws: at the same rate the loss explodes',
  labels: [['poor_initialization', 'exploding_gradient', 'update_ratio', 'non_finite_values']],
  half: 'develop',
  experiment: byHand(normal(1)),
  twin: byHand({ kernel_initializer: 'he_normal' }),
};

const states = Array.from({ length: 300 }, (_, i) => [
  1000 * chance(3 * i + 52_000),
  800 * chance(3 * i + 52_001),
  360 * chance(3 * i + 52_002),
]);
const moves = states.map((row) => [Number(at(row, 0) > 500), Number(at(row, 1) / 800 > at(row, 2) / 360)]);
const player = (more: Config) =>
  run(
    [3],
    [layer(12, 'sigmoid'), layer(2, 'sigmoid')],
    inline(states, moves, more),
    mse(sgd(0.3, 0.1), { batch_size: 1, steps: 3000 }),
  );
const rawStates: Published = {
  name: 'states-of-a-game-not-normalized',
  source: github('BrainJS/brain.js', 278),
  accepted: 'the inputs are not normalized: divide each by its largest value',
  labels: [['unscaled_inputs']],
  half: 'judge',
  experiment: player({}),
  twin: player({ standardize: true }),
};

/** Bright squares of five sizes in noise, all of one size after the other. */
const sizes = Array.from({ length: 500 }, (_, i) => Math.floor(i / 100));
const squares = sizes.map((size, i) => [
  Array.from({ length: 8 }, (_, y) =>
    Array.from(
      { length: 8 },
      (__, x) => 0.3 * bell(64 * i + 8 * y + x) + Number(y < size + 2 && x < size + 2),
    ),
  ),
]);
const bySize = (shuffle: boolean) =>
  run(
    [1, 8, 8],
    [conv(8), pool, flat, layer(32, 'relu'), layer(5)],
    inline(squares, sizes, { shuffle, validation_split: 0 }),
    { loss: 'softmax_cross_entropy', optimizer: sgd(0.05, 0.9), batch_size: 20, steps: 250 },
  );
const drops: Published = {
  name: 'accuracy-drops-at-regular-times',
  source: github('BVLC/caffe', 2343),
  accepted: 'the samples come class after class: shuffling them did it',
  labels: [['unshuffled_data']],
  half: 'develop',
  experiment: bySize(false),
  twin: bySize(true),
};

const firstOnes = Array.from({ length: 300 }, (_, i) =>
  Array.from({ length: 30 }, (__, t) => [bell(30 * i + t + 60_000) * (t === 0 ? 1 : 0.3)]),
);
const stackedCells = (layers: number, more: Config, optimizer: Config) =>
  run(
    [30, 1],
    [
      ...Array.from({ length: layers - 1 }, () => ({
        type: 'lstm',
        units: 10,
        return_sequences: true,
        ...more,
      })),
      { type: 'lstm', units: 10, ...more },
      layer(1, 'sigmoid'),
    ],
    inline(
      firstOnes,
      firstOnes.map((sequence) => [Number(at(sequence[0] ?? [], 0) > 0)]),
    ),
    bce(optimizer, { steps: 200 }),
  );
const forgetful: Published = {
  name: 'three-lstms-without-a-forget-bias',
  source: github('karpathy/char-rnn', 60),
  accepted: 'no stack of more than two learned until the bias of the forget gates started at 1',
  labels: [['vanishing_gradient']],
  half: 'judge',
  experiment: stackedCells(3, { unit_forget_bias: false }, adam(0.003)),
};

const sentences = Array.from({ length: 400 }, (_, i) =>
  Array.from({ length: 10 }, (__, t) => Math.floor(12 * chance(10 * i + t + 61_000))),
);
const blocks = (count: number, before: boolean) =>
  Array.from({ length: count }, () => {
    const attention: Config = { type: 'self_attention', heads: 2 };
    const norm: Config = { type: 'layer_norm' };
    return before
      ? [residual(norm, attention), residual(norm, layer(32, 'relu'), layer(16))]
      : [residual(attention), norm, residual(layer(32, 'relu'), layer(16)), norm];
  }).flat();
const transformer = (before: boolean) =>
  run(
    [10],
    [
      { type: 'embedding', vocabulary: 12, dimensions: 16, table_initializer: { type: 'normal', stddev: 1 } },
      { type: 'positional_embedding', kind: 'sinusoidal' },
      ...blocks(12, before),
      { type: 'global_average_pool1d' },
      layer(3),
    ],
    inline(
      sentences,
      sentences.map((sentence) => at(sentence, 0) % 3),
    ),
    { loss: 'softmax_cross_entropy', optimizer: adam(0.003), steps: 150 },
    { dtype: 'token' },
  );
const twelvePostNorm: Published = {
  name: 'twelve-layers-normalized-behind-the-sum',
  source: github('pytorch/pytorch', 55270),
  accepted:
    'post-norm from these weights is not stable over twelve layers: gradients vanish; pre-norm, or warm-up',
  labels: [['vanishing_gradient', 'exploding_gradient', 'update_ratio', 'unstable_loss', 'rank_collapse']],
  half: 'develop',
  experiment: transformer(false),
  twin: transformer(true),
};

const buildings = Array.from({ length: 300 }, (_, i) =>
  Array.from({ length: 6 }, (__, j) => chance(6 * i + j)),
);
const people = buildings.map((row) => 3 * at(row, 0) + 2 * at(row, 1) + at(row, 2));
const population = (last: string, bias: number) =>
  run(
    [6],
    [
      layer(16, 'relu'),
      dense(1, last, {
        kernel_initializer: 'glorot_uniform',
        bias_initializer: { type: 'constant', value: bias },
      }),
    ],
    inline(buildings, people),
    mse(adam(0.01), { steps: 300 }),
  );
const onlyZeros: Published = {
  name: 'population-of-only-zeros',
  source: github('jvargasmu/population_estimation', 68),
  accepted: 'a ReLU at the output that gives only 0 at the start, and so has no gradient: softplus',
  labels: [['dead_units', 'loss_output_mismatch']],
  half: 'judge',
  experiment: population('relu', -3),
  twin: population('softplus', 0),
};

const evaluated = (momentum: number) =>
  run(
    [1, 8, 8],
    [
      conv(16, { activation: 'linear' }),
      { type: 'batch_norm', momentum },
      { type: 'activation', activation: 'relu' },
      conv(16, { activation: 'linear' }),
      { type: 'batch_norm', momentum },
      { type: 'activation', activation: 'relu' },
      { type: 'global_average_pool2d' },
      layer(10, 'softmax'),
    ],
    digits(1),
    cce(adam(0.01), { batch_size: 50, steps: 90 }),
  );
const evaluateDiffers: Published = {
  name: 'evaluate-differs-on-the-training-data',
  source: 'https://github.com/keras-team/keras/issues/6977',
  accepted:
    'no dropout, but batch norm: in evaluation it uses averages that are not yet those of the batches',
  labels: [['inference_mismatch']],
  half: 'develop',
  experiment: evaluated(0.995),
  twin: evaluated(0.8),
};

const regularized = (more: Config, rate: number) =>
  run(
    [64],
    [layer(36, 'sigmoid'), dropout(rate), layer(10, 'softmax')],
    digits(),
    cce(rmsprop(0.003), { batch_size: 128, steps: 400, ...more }),
  );
const penalized: Published = {
  name: 'l2-and-dropout-on-36-sigmoids',
  source: 'https://stackoom.com/en/question/4HpqD',
  accepted: 'with an L2 penalty beside dropout nothing is learned; without it everything works',
  labels: [['excessive_regularization', 'excessive_dropout']],
  half: 'judge',
  experiment: regularized({ regularization: { l2: 0.02 } }, 0.5),
  twin: regularized({}, 0.2),
};

const impulses = Array.from({ length: 10 }, (_, i) =>
  Array.from({ length: 10 }, (__, t) => [Number(i === t)]),
);
const impulse = (units: number, optimizer: Config, steps: number) =>
  run(
    [10, 1],
    [{ type: 'lstm', units }, layer(1)],
    inline(
      impulses,
      impulses.map((_, i) => Number(i === 0)),
      { validation_split: 0 },
    ),
    mse(optimizer, { batch_size: 10, steps }),
  );
const moreEpochs: Published = {
  name: 'impulse-at-the-first-step',
  source: 'http://pullrequest.ru/13233417/predskazanie-impulsnogo-signala-lstm',
  accepted: 'far more epochs: after 10,000 the same network answers right',
  labels: [['slow_convergence']],
  half: 'develop',
  experiment: impulse(4, adam(0.001), 150),
  twin: impulse(16, adam(0.02), 800),
};

const naturals = Array.from({ length: 200 }, (_, i) => [-3 + (6 * i) / 199]);
const squared = (last: string) =>
  run(
    [1],
    [layer(8, 'sigmoid'), layer(1, last)],
    inline(
      naturals,
      naturals.map((row) => at(row, 0) ** 2),
    ),
    mse(adam(0.03), { steps: 1200 }),
  );
const squareUnderSigmoid: Published = {
  name: 'square-under-a-sigmoid',
  source: stackoverflow(38219939),
  accepted: 'a sigmoid at the output cannot give a square: a linear output',
  labels: [['loss_output_mismatch']],
  half: 'judge',
  experiment: squared('sigmoid'),
  twin: squared('linear'),
};

const letters = Array.from({ length: 900 }, (_, i) =>
  Array.from({ length: 3 }, (__, t) => Math.floor(27 * chance(3 * i + t + 70_000))),
);
const following = letters.map((word) => (at(word, 2) + Math.floor(at(word, 1) / 9)) % 27);
const names = (hidden: Config, last: Config, output: string, loss: string) =>
  run(
    [3],
    [
      { type: 'embedding', vocabulary: 27, dimensions: 10, table_initializer: { type: 'normal', stddev: 1 } },
      flat,
      dense(100, 'tanh', hidden),
      dense(27, output, last),
    ],
    inline(letters, following, { validation_split: 0 }),
    { loss, optimizer: sgd(0.1), batch_size: 32, steps: 1500 },
    { dtype: 'token' },
  );
const lecun: Config = { kernel_initializer: 'lecun_normal' };
const saturatedNames: Published = {
  name: 'names-from-saturated-tanh',
  source: 'https://breno.bearblog.dev/the-weights-in-a-study-on-fixing-the-saturated-function',
  accepted: 'weights of deviation 1 drive tanh to ±1, where it has no slope, and make the first loss huge',
  labels: [['saturated_units', 'poor_initialization']],
  half: 'develop',
  experiment: names(normal(3), normal(1), 'linear', 'softmax_cross_entropy'),
};

const twiceSoftmax: Published = {
  name: 'language-model-with-two-softmaxes',
  source: github('bkitano/llama-from-scratch', 5),
  accepted: 'the loss applies a softmax itself: give it the logits',
  labels: [['loss_output_mismatch']],
  half: 'judge',
  experiment: names(lecun, lecun, 'softmax', 'softmax_cross_entropy'),
};

const clicks = Array.from({ length: 600 }, (_, i) =>
  Array.from({ length: 8 }, (__, t) => Math.floor(20 * chance(8 * i + t + 80_000))),
);
const warm: Config = { type: 'linear_warmup', warmup_steps: 3000 };
const clicked = (stddev: number, more: Config) =>
  run(
    [8],
    [
      {
        type: 'embedding',
        vocabulary: 20,
        dimensions: 16,
        table_initializer: { type: 'normal', stddev },
      },
      ...(stddev < 0.1 ? [] : [{ type: 'positional_embedding', kind: 'sinusoidal' }]),
      residual({ type: 'self_attention', heads: 2 }),
      { type: 'layer_norm' },
      residual(layer(32, 'relu'), layer(16)),
      { type: 'layer_norm' },
      { type: 'global_average_pool1d' },
      dense(1, 'sigmoid', stddev < 0.1 ? normal(0.001) : {}),
    ],
    inline(
      clicks,
      clicks.map((row) => [Number(at(row, 0) > 9)]),
    ),
    bce(adam(0.003), { steps: 300, ...more }),
    { dtype: 'token' },
  );
const atLogTwo: Published = {
  name: 'clicks-stand-at-0.693-during-the-warm-up',
  source: 'https://discuss.pytorch.org/t/183958',
  accepted:
    'all predictions start at 0 and the rate of the warm-up is too low to move them: larger weights, a higher rate',
  labels: [['slow_convergence', 'poor_initialization', 'update_ratio']],
  half: 'develop',
  experiment: clicked(0.01, { learning_rate_schedule: warm, steps: 120 }),
  twin: clicked(1, {}),
};

const lines = Array.from({ length: 300 }, (_, i) =>
  Array.from({ length: 16 }, (__, t) => [bell(16 * i + t + 90_000), bell(16 * i + t + 95_000)]),
);
const marked = (least: number) =>
  run(
    [16, 2],
    [
      { type: 'conv1d', filters: 8, kernel_size: 3, padding: 'same', activation: 'relu' },
      layer(1, 'sigmoid'),
    ],
    inline(
      lines,
      lines.map((line) => line.map((point) => [Number(at(point, 0) * at(point, 1) > least)])),
    ),
    bce(adam(0.003), { steps: 200 }),
  );
const onlyBackground: Published = {
  name: 'background-for-every-position',
  source: 'https://discuss.pytorch.org/t/71359',
  accepted: 'the foreground is rare, and background is the answer everywhere: weigh the foreground more',
  labels: [['class_imbalance']],
  half: 'judge',
  experiment: marked(1.8),
};

export const further: readonly Published[] = [
  fourSigmoids,
  simplest,
  manualWeights,
  rawStates,
  drops,
  forgetful,
  twelvePostNorm,
  onlyZeros,
  evaluateDiffers,
  penalized,
  moreEpochs,
  squareUnderSigmoid,
  saturatedNames,
  twiceSoftmax,
  atLogTwo,
  onlyBackground,
];
