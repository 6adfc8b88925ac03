/**
 * @file The fourth set of sick experiments that nothing was tuned for (see unseen.ts): fifteen, with data, sizes and losses that the others
 * do not have.
 */
import { act, conv, drop, flat, hard, image, norm, on, plain, relu } from './hard_parts.ts';
import { at, bell, even, rows } from './numbers.ts';
import {
  adam,
  type Config,
  classifier,
  type Draft,
  dense,
  experiment,
  he,
  normal,
  repeat,
  residual,
  sgd,
  type Task,
  tasks,
} from './scenario.ts';

const { moons, xor, spirals, iris, wine, digits, friedman, sine } = tasks;

/** A wave in two directions. */
const wave = (offset: number, scale: number): Task => {
  const inputs = even(700, 2, -2, 2);
  const targets = inputs.map((row) => offset + scale * Math.sin(2 * at(row, 0)) * Math.cos(at(row, 1)));
  return { ...friedman, data: { type: 'inline', inputs, targets }, shape: [2] };
};

/** Counts, which grow with what is seen. */
const counts: Task = (() => {
  const inputs = rows(600, 5);
  const targets = inputs.map((row) => Math.round(Math.exp(1 + 0.6 * at(row, 0) - 0.4 * at(row, 3))));
  return { ...friedman, data: { type: 'inline', inputs, targets }, shape: [5], loss: 'mean_absolute_error' };
})();

/** Five classes by the direction of a point, in lines of one class after the other. */
const directions = (shuffle: boolean): Task => {
  const inputs = Array.from({ length: 750 }, (_, i) => {
    const angle = (2 * Math.PI * (Math.floor(i / 150) + 0.3 * bell(i))) / 5;
    return [3 * Math.cos(angle) + 0.3 * bell(i + 1000), 3 * Math.sin(angle) + 0.3 * bell(i + 2000)];
  });
  const targets = inputs.map((_, i) => Math.floor(i / 150));
  const data = { type: 'inline', inputs, targets, shuffle, validation_split: 0 };
  return { ...iris, data, shape: [2], outputs: 5 };
};

/** Few samples of which a plane through four of sixteen numbers tells the class. */
const plane: Task = (() => {
  const inputs = rows(140, 16);
  const targets = inputs.map((row, i) =>
    Number(at(row, 1) + at(row, 4) - at(row, 9) + at(row, 12) + 1.2 * bell(i + 31) > 0),
  );
  return { ...moons, data: { type: 'inline', inputs, targets, validation_split: 0.4 }, shape: [16] };
})();

const strips: Task = { ...digits, shape: [8, 8] };
const adding = (length: number): Task => ({
  ...sine,
  data: { type: 'adding_problem', samples: 700, length },
  shape: [length, 2],
});
const positions: Config = { type: 'positional_embedding' };
const attend: Config = { type: 'self_attention', heads: 2 };
const layerNorm: Config = { type: 'layer_norm' };
const average: Config = { type: 'global_average_pool1d' };

export const fourthSet: readonly Draft[] = [
  hard(
    'gru-and-dense-dropped-0.93',
    classifier(
      strips,
      [{ type: 'gru', units: 24 }, drop(0.93), dense(24, 'tanh'), drop(0.93)],
      { type: 'rmsprop', learning_rate: 0.002 },
      { steps: 250 },
    ),
    classifier(strips, [{ type: 'gru', units: 24 }], adam(0.01), { steps: 250 }),
    'recurrent',
  ),
  hard(
    'absolute-penalty-of-deep-elu',
    classifier(wave(0, 1), [repeat(4, dense(24, 'elu'))], adam(0.004), { regularization: { l1: 0.02 } }),
    plain(wave(0, 1), { steps: 500 }),
  ),
  hard(
    'averages-of-0.998-of-an-image',
    classifier(
      image,
      [conv(8, 'linear'), norm(0.998), act('elu'), conv(8, 'linear'), norm(0.998), act('elu'), flat],
      sgd(0.02, 0.9),
      { steps: 120 },
    ),
    classifier(image, [conv(8, 'relu', he), conv(8, 'relu', he), flat], adam(0.003), { steps: 150 }),
    'convolutional',
  ),
  hard(
    'one-sample-normalized',
    classifier(xor, [dense(24), norm(0.9), act('relu'), dense(24), norm(0.9), act('relu')], adam(0.003), {
      batch_size: 1,
      steps: 400,
    }),
    plain(xor),
  ),
  hard(
    'noise-of-10-before-attention',
    classifier(
      strips,
      [dense(16), { type: 'gaussian_noise', stddev: 10 }, positions, residual(layerNorm, attend), average],
      adam(0.002),
      { steps: 250 },
    ),
    classifier(strips, [dense(16), positions, residual(layerNorm, attend), average], adam(0.01), {
      steps: 250,
    }),
    'attention',
  ),
  hard(
    'plane-by-heart',
    classifier(plane, [relu(200), relu(100)], adam(0.003), { steps: 600, batch_size: 32 }),
    classifier(plane, [], adam(0.01), { steps: 200, batch_size: 32 }),
  ),
  hard(
    'sigmoids-of-raw-wine',
    classifier(on(wine, { standardize: false }), [dense(32, 'sigmoid'), dense(16, 'sigmoid')], adam(0.0005)),
    plain(wine),
  ),
  hard(
    'wave-of-ten-thousand',
    classifier(wave(1e4, 2500), [dense(32, 'tanh'), dense(32, 'tanh')], sgd(0.001, 0.9)),
    plain(wave(0, 1), { steps: 500 }),
  ),
  hard(
    'absolute-error-of-counts-by-sigmoid',
    experiment(counts, [dense(24, 'tanh'), dense(1, 'sigmoid')], sgd(0.02)),
    plain({ ...counts, data: { ...counts.data, standardize_targets: true } }, { steps: 400 }),
  ),
  hard(
    'relu-for-probabilities-of-wine',
    experiment(
      { ...wine, loss: 'categorical_cross_entropy' },
      [dense(24, 'relu', normal(0.5)), dense(3, 'relu')],
      adam(0.01),
    ),
    plain(wine),
  ),
  hard(
    'directions-in-turn',
    classifier(directions(false), [dense(24, 'sigmoid'), dense(24, 'sigmoid')], sgd(0.05, 0.9), {
      batch_size: 16,
    }),
    plain(directions(true)),
  ),
  hard(
    'lstm-of-tiny-weights-and-clipping',
    classifier(
      adding(9),
      [{ type: 'lstm', units: 20, unit_forget_bias: false, ...normal(0.001) }],
      sgd(0.05),
      { steps: 500, gradient_clipping: { type: 'global_norm', max_norm: 1e-3 } },
    ),
    classifier(adding(9), [{ type: 'gru', units: 24 }], adam(0.01), { steps: 600 }),
    'recurrent',
  ),
  hard('spirals-by-a-line', classifier(spirals, [], sgd(0.1)), plain(spirals, { steps: 600 })),
  hard(
    'in-forty-steps-of-large-batches',
    classifier(digits, [dense(32, 'relu'), dense(32, 'relu')], sgd(0.01), { steps: 40, batch_size: 512 }),
    plain(digits, { steps: 200 }),
  ),
  hard(
    'decayed-dropped-and-raw',
    classifier(
      on(digits, { scale: 20 }),
      [dense(48, 'tanh'), drop(0.8), dense(48, 'tanh'), drop(0.8)],
      { type: 'adamw', learning_rate: 0.01, weight_decay: 2 },
      {
        steps: 200,
        learning_rate_schedule: { type: 'exponential', decay_rate: 0.5, decay_steps: 10 },
      },
    ),
    plain(digits),
  ),
];
