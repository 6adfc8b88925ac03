/**
 * @file The ninth set of sick experiments that nothing was tuned for (see unseen.ts): sixteen, as they come to somebody who is asked for
 * help: pictures, sequences, attention, autoencoders, skewed values, few samples, little time, and in most of them too much of something.
 */
import { conv, drop, flat, hard, image, on, plain, plainImage, relu } from './hard_parts.ts';
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
  sgd,
  type Task,
  tasks,
} from './scenario.ts';
import {
  adding,
  again,
  delays,
  incomes,
  itself,
  meter,
  order,
  patients,
  sensors,
  squares,
  textures,
  traffic,
} from './unseen_ninth_data.ts';

const { blobs, breast_cancer, digits } = tasks;

const onAgain = (layers: readonly Config[], optimizer: Config, training: Config = {}): Config => ({
  network: { input: { shape: [10], dtype: 'token' }, layers: [...layers, dense(2)] },
  data: again,
  training: { loss: 'softmax_cross_entropy', optimizer, batch_size: 32, steps: 400, ...training },
});
const words = (dimensions: number, stddev: number): Config => ({
  type: 'embedding',
  vocabulary: 10,
  dimensions,
  table_initializer: { type: 'normal', stddev },
});

const strips: Task = { ...digits, shape: [8, 8] };
const attend = (heads: number, more: Config = {}): Config => ({ type: 'self_attention', heads, ...more });
const layerNorm: Config = { type: 'layer_norm' };
const average: Config = { type: 'global_average_pool1d' };

const pixels = itself(digits.data, 64);
const nineTenths: Config = { type: 'quantile', quantile: 0.9 };

const squaresTwin = (loss: string): Config =>
  experiment(
    squares(loss, { standardize: true }),
    [conv(12, 'relu'), conv(12, 'relu'), conv(1, 'linear')],
    adam(0.01),
    { steps: 250, batch_size: 16 },
  );

export const ninthSet: readonly Draft[] = [
  hard(
    'textures-of-255-by-adam-at-0.3',
    classifier(
      textures(),
      [conv(8, 'relu'), conv(8, 'relu'), { type: 'max_pool2d', pool_size: 2 }, flat, dense(32, 'relu')],
      adam(0.3),
      { steps: 200, batch_size: 16 },
    ),
    classifier(textures({ standardize: true }), [conv(8, 'relu'), flat], adam(0.005), { steps: 200 }),
    'convolutional',
  ),
  hard(
    'pooled-digits-of-tiny-kernels-clipped-by-value',
    classifier(
      image,
      [
        conv(8, 'relu', normal(0.001)),
        { type: 'max_pool2d', pool_size: 2 },
        conv(16, 'relu', normal(0.001)),
        { type: 'average_pool2d', pool_size: 2 },
        flat,
        drop(0.7),
      ],
      sgd(0.05),
      { steps: 150, gradient_clipping: { type: 'value', max_value: 1e-4 } },
    ),
    plainImage,
    'convolutional',
  ),
  hard(
    'masks-by-dice-of-saturated-maps',
    experiment(
      squares('dice'),
      [conv(8, 'tanh', normal(2)), conv(8, 'tanh', normal(2)), conv(1, 'sigmoid', normal(2))],
      sgd(1e-3),
      { steps: 250, batch_size: 16 },
    ),
    squaresTwin('sigmoid_dice'),
    'convolutional',
  ),
  hard(
    'order-by-a-dropped-stack-of-lstms',
    classifier(
      order,
      [
        { type: 'lstm', units: 12, return_sequences: true },
        drop(0.9),
        { type: 'lstm', units: 12, return_sequences: true },
        drop(0.9),
        { type: 'lstm', units: 12 },
      ],
      { type: 'rmsprop', learning_rate: 1e-5 },
      { steps: 250 },
    ),
    classifier(order, [{ type: 'gru', units: 16 }], adam(0.01), { steps: 300 }),
    'recurrent',
  ),
  hard(
    'adding-by-a-gru-warmed-up-for-ever',
    classifier(adding, [{ type: 'gru', units: 20 }, dense(16, 'sigmoid')], sgd(0.05, 0.9), {
      steps: 500,
      learning_rate_schedule: { type: 'linear_warmup', warmup_steps: 100_000 },
    }),
    classifier(adding, [{ type: 'gru', units: 24 }], adam(0.01), { steps: 600 }),
    'recurrent',
  ),
  hard(
    'readings-of-thousands-by-a-loop-in-order',
    classifier(
      meter({ shuffle: false, validation_split: 0 }),
      [
        { type: 'simple_rnn', units: 16, activation: 'relu', return_sequences: true },
        { type: 'simple_rnn', units: 16, activation: 'relu' },
      ],
      sgd(0.01, 0.9),
    ),
    classifier(
      meter({ standardize: true, standardize_targets: true, validation_split: 0 }),
      [{ type: 'gru', units: 20 }],
      adam(0.01),
    ),
    'recurrent',
  ),
  hard(
    'repeated-words-by-two-post-norms-at-0.1',
    onAgain(
      [
        words(16, 0.01),
        repeat(
          2,
          residual(attend(4)),
          layerNorm,
          drop(0.6),
          residual(dense(32, 'relu'), dense(16)),
          layerNorm,
        ),
        average,
      ],
      adam(0.1),
    ),
    onAgain(
      [
        words(16, 0.5),
        { type: 'positional_embedding' },
        repeat(2, residual(layerNorm, attend(2)), residual(layerNorm, dense(32, 'relu'), dense(16))),
        { type: 'slice', start: 0, stop: 1 },
        flat,
      ],
      adam(0.005),
      { steps: 600 },
    ),
    'attention',
  ),
  hard(
    'strips-two-at-a-time-through-blocks-that-are-skipped',
    classifier(
      on(strips, { scale: 5 }),
      [
        dense(16),
        repeat(
          6,
          residual(attend(2), { type: 'drop_path', rate: 0.9 }),
          residual(dense(32, 'gelu'), dense(16), { type: 'drop_path', rate: 0.9 }),
        ),
        average,
      ],
      sgd(0.3),
      { steps: 250, batch_size: 2 },
    ),
    classifier(
      strips,
      [
        ...[dense(16), { type: 'positional_embedding' }, residual(layerNorm, attend(2))],
        ...[residual(layerNorm, dense(32, 'relu'), dense(16)), average],
      ],
      adam(0.005),
      { steps: 250 },
    ),
    'attention',
  ),
  hard(
    'digits-through-a-sigmoid-bottleneck',
    experiment(
      pixels,
      [dense(32, 'sigmoid'), dense(8, 'sigmoid', normal(0.01)), dense(32, 'sigmoid'), dense(64, 'sigmoid')],
      sgd(0.01),
      { steps: 400 },
    ),
    experiment(pixels, [relu(48), dense(12), relu(48), dense(64)], adam(0.003), { steps: 600 }),
  ),
  hard(
    'sensors-through-noise-dropout-and-a-ramp',
    experiment(
      sensors(),
      [
        { type: 'gaussian_noise', stddev: 500 },
        dense(16, 'relu'),
        drop(0.7),
        dense(4, 'relu'),
        dense(16, 'relu'),
        dense(12, 'relu'),
      ],
      sgd(0.01, 0.9),
      { regularization: { l2: 0.1 } },
    ),
    experiment(sensors({ standardize: true }), [relu(16), dense(4), relu(16), dense(12)], adam(0.01), {
      steps: 500,
    }),
  ),
  hard(
    'incomes-by-units-that-never-fire',
    classifier(
      incomes(),
      [
        dense(32, 'relu', { bias_initializer: { type: 'constant', value: -20 } }),
        dense(32, 'relu', { bias_initializer: { type: 'constant', value: -20 } }),
      ],
      { type: 'adagrad', learning_rate: 0.01 },
      { gradient_clipping: { type: 'global_norm', max_norm: 0.01 } },
    ),
    plain(incomes({ standardize: true, standardize_targets: true }), { steps: 500 }),
  ),
  hard(
    'delays-at-nine-tenths-by-a-sigmoid',
    experiment(delays(), [dense(24, 'sigmoid'), dense(24, 'sigmoid'), dense(1, 'sigmoid')], adam(0.001), {
      loss: nineTenths,
    }),
    plain(delays({ standardize: true, standardize_targets: true }), { steps: 500, loss: nineTenths }),
  ),
  hard(
    'ninety-patients-by-heart',
    classifier(patients, [dense(128, 'relu'), dense(128, 'relu')], adam(0.003), {
      steps: 400,
      batch_size: 8,
    }),
    classifier(patients, [], adam(0.01), { steps: 150, batch_size: 16, regularization: { l2: 0.03 } }),
  ),
  hard(
    'blobs-by-wild-tanh-in-20-trials',
    {
      ...classifier(on(blobs, { scale: 20 }), [repeat(4, dense(24, 'tanh', normal(1)))], sgd(1, 0.9)),
      remedies: { max_trials: 20 },
    },
    plain(on(blobs, { standardize: true })),
  ),
  hard(
    'decayed-cells-by-eight-sigmoids-in-2-seconds',
    {
      ...classifier(
        on(breast_cancer, { standardize: false }),
        [repeat(8, dense(16, 'sigmoid'))],
        { type: 'adamw', learning_rate: 0.01, weight_decay: 5 },
        { batch_size: 16 },
      ),
      remedies: { min_duration_s: 2 },
    },
    plain(breast_cancer),
  ),
  hard(
    'counts-of-raw-traffic-at-rate-0.5',
    experiment(traffic(), [dense(24, 'relu'), dense(24, 'relu'), dense(1, 'relu')], adam(0.5), {
      batch_size: 4,
    }),
    experiment(traffic({ standardize: true }), [relu(32), relu(32), dense(1, 'softplus')], adam(0.005), {
      steps: 500,
    }),
  ),
];
