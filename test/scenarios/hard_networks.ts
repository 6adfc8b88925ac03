/** @file Cures that are hard to find, by kind of network, rate, depth and budget, and three faults at once. */
import {
  conv,
  curve,
  drop,
  flat,
  hard,
  image,
  normed,
  on,
  ordered,
  plain,
  plainImage,
  relu,
} from './hard_parts.ts';
import {
  adam,
  type Config,
  classifier,
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

const { moons, circles, xor, iris, wine, breast_cancer, digits, teacher, sine } = tasks;

// ————— recurrent and attention —————

const adding = (length: number): Task => ({
  ...sine,
  data: { type: 'adding_problem', samples: 600, length },
  shape: [length, 2],
});
const gru = (task: Task, steps: number) =>
  classifier(task, [{ type: 'gru', units: 24 }], adam(0.01), { steps });
const recurrent = [
  hard(
    'recurrent/rnn-12',
    classifier(
      adding(12),
      [{ type: 'simple_rnn', units: 16, recurrent_initializer: { type: 'normal', stddev: 0.1 } }],
      adam(0.003),
      { steps: 600 },
    ),
    gru(adding(12), 600),
    'recurrent',
  ),
  hard(
    'recurrent/lstm-forgets',
    classifier(adding(10), [{ type: 'lstm', units: 20, unit_forget_bias: false }], sgd(0.01), { steps: 600 }),
    gru(adding(10), 600),
    'recurrent',
  ),
  hard(
    'recurrent/rnn-explodes',
    classifier(
      adding(10),
      [
        {
          type: 'simple_rnn',
          units: 24,
          activation: 'relu',
          recurrent_initializer: { type: 'normal', stddev: 1 },
        },
      ],
      sgd(0.05),
      { steps: 600 },
    ),
    gru(adding(10), 600),
    'recurrent',
  ),
  hard(
    'recurrent/gru-slow',
    classifier(adding(8), [{ type: 'gru', units: 24 }], adam(1e-5), { steps: 600 }),
    gru(adding(8), 600),
    'recurrent',
  ),
];

const strips: Task = { ...digits, shape: [8, 8] };
const attend: Config = { type: 'self_attention', heads: 2 };
const layerNorm: Config = { type: 'layer_norm' };
const tail: Config = { type: 'global_average_pool1d' };
const head: readonly Config[] = [dense(16), { type: 'positional_embedding' }];
const preNorm: Config[] = [residual(layerNorm, attend), residual(layerNorm, dense(32, 'gelu'), dense(16))];
const postNorm: Config[] = [residual(attend), layerNorm, residual(dense(32, 'gelu'), dense(16)), layerNorm];
const plainAttention = classifier(strips, [...head, ...preNorm, tail], adam(0.005), { steps: 250 });
const attention = [
  hard(
    'attention/post-norm-6',
    classifier(strips, [...head, repeat(6, ...postNorm), tail], sgd(0.1, 0.9), { steps: 250 }),
    plainAttention,
    'attention',
  ),
  hard(
    'attention/post-norm-adam',
    classifier(strips, [...head, repeat(6, ...postNorm), tail], adam(0.02), { steps: 250 }),
    plainAttention,
    'attention',
  ),
];

// ————— rates, depth, budget —————

const rates = [
  hard('rate/adam-1e-6', classifier(breast_cancer, [relu(32)], adam(1e-6)), plain(breast_cancer)),
  hard('rate/sgd-100', classifier(xor, [dense(24, 'tanh')], sgd(100)), plain(xor)),
  hard(
    'rate/conv-3e-6',
    classifier(image, [conv(8, 'relu', he), flat], adam(3e-6), { steps: 150 }),
    plainImage,
    'convolutional',
  ),
  hard(
    'rate/conv-momentum-5',
    classifier(image, [conv(8, 'tanh'), flat], sgd(5, 0.9), { steps: 150 }),
    plainImage,
    'convolutional',
  ),
  hard(
    'rate/rmsprop-3',
    classifier(teacher, [relu(24)], { type: 'rmsprop', learning_rate: 3 }),
    plain(teacher),
  ),
  hard('rate/one-layer-1e-5', classifier(wine, [], sgd(1e-5)), plain(wine)),
];

// ————— running averages of the optimizer —————

const averages = [
  hard(
    'averages/adam-epsilon-1',
    classifier(moons, [relu(24), relu(24)], { ...adam(3e-4), epsilon: 1 }),
    plain(moons),
  ),
  hard(
    'averages/nadam-epsilon-1',
    classifier(digits, [relu(32)], { type: 'nadam', learning_rate: 1e-3, epsilon: 1 }),
    plain(digits),
  ),
  hard(
    'averages/rmsprop-squares-of-0.99999',
    classifier(wine, [relu(24), relu(24)], { type: 'rmsprop', learning_rate: 0.01, rho: 0.99999 }),
    plain(wine),
  ),
  hard(
    'averages/rmsprop-epsilon-1',
    classifier(circles, [dense(24, 'tanh')], { type: 'rmsprop', learning_rate: 1e-3, epsilon: 1 }),
    plain(circles),
  ),
  hard(
    'averages/adam-mean-of-0.9999',
    classifier(curve(0, 1), [relu(24), relu(24)], { ...adam(0.03), beta_1: 0.9999 }),
    plain(curve(0, 1)),
  ),
  hard(
    'averages/adam-squares-of-0.1',
    classifier(breast_cancer, [relu(24), relu(24)], { ...adam(0.1), beta_2: 0.1 }),
    plain(breast_cancer),
  ),
];

const deep = [
  hard('depth/sigmoid-25', classifier(xor, [repeat(25, dense(16, 'sigmoid'))], sgd(0.1)), plain(xor)),
  hard(
    'depth/tanh-40-small',
    classifier(circles, [repeat(40, dense(16, 'tanh', normal(0.1)))], adam(1e-3)),
    plain(circles),
  ),
  hard(
    'depth/relu-30-torch',
    classifier(moons, [repeat(30, dense(20, 'relu', { kernel_initializer: 'torch_default' }))], sgd(0.05)),
    plain(moons),
  ),
  hard(
    'depth/sigmoid-14-circles',
    classifier(circles, [repeat(14, dense(28, 'sigmoid'))], sgd(0.1)),
    plain(circles),
  ),
];
const short = [
  hard(
    'budget/5-seconds',
    { ...classifier(moons, [repeat(10, dense(20, 'sigmoid'))], sgd(0.1)), remedies: { min_duration_s: 5 } },
    plain(moons),
  ),
  hard(
    'budget/40-trials',
    { ...classifier(iris, [repeat(8, dense(20, 'sigmoid'))], sgd(0.1)), remedies: { max_trials: 40 } },
    plain(iris),
  ),
  hard(
    'budget/one-seed',
    { ...classifier(circles, [relu(24), drop(0.95)], sgd(1e-3)), remedies: { seeds: 1 } },
    plain(circles),
  ),
];

// ————— three at once —————

const three = [
  hard(
    'three/raw-output-short',
    experiment(curve(50, 20, { scale: 300 }), [dense(16, 'tanh'), dense(1, 'relu')], adam(1e-3), {
      steps: 60,
    }),
    plain(curve(0, 1)),
  ),
  hard(
    'three/slow-dropped-deep',
    classifier(breast_cancer, [repeat(4, dense(20, 'sigmoid'), drop(0.8))], sgd(1e-3)),
    plain(breast_cancer),
  ),
  hard(
    'three/init-targets-clipping',
    classifier(curve(200, 80), [dense(24, 'relu', normal(1)), dense(24, 'relu', normal(1))], sgd(0.01), {
      gradient_clipping: { type: 'global_norm', max_norm: 1e-3 },
    }),
    plain(curve(0, 1)),
  ),
  hard(
    'three/raw-penalty-momentum',
    classifier(on(wine, { standardize: false }), [...normed(24, 0.999), dense(16, 'sigmoid')], sgd(0.01), {
      steps: 150,
      regularization: { l2: 0.2 },
    }),
    plain(wine, { steps: 150 }),
  ),
  hard(
    'three/order-rate-sigmoid',
    classifier(ordered(4, 600, false), [repeat(4, dense(16, 'sigmoid'))], sgd(1e-3)),
    plain(ordered(4, 600, true)),
  ),
  hard(
    'three/logits-raw-fast',
    experiment(
      { ...on(breast_cancer, { standardize: false }), loss: 'binary_cross_entropy' },
      [dense(16, 'tanh'), dense(1)],
      sgd(1),
    ),
    plain(breast_cancer),
  ),
];

export const hardNetworks = [recurrent, attention, rates, deep, short, three, averages];
