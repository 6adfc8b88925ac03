/** @file Initial weights and layers that let nothing through, whatever the data are. */
import { at, bell, chance, even } from '../numbers.ts';
import { adam, type Config, dense, normal, residual, sgd } from '../scenario.ts';
import { cce, conv, digits, inline, layer, mse, nesterov, type Published, pool, run } from './parts.ts';

const imageNetwork = (initializer: Config) =>
  run(
    [1, 8, 8],
    [
      conv(8, initializer),
      pool,
      conv(16, initializer),
      pool,
      { type: 'flatten' },
      dense(64, 'relu', initializer),
      dense(10, 'softmax', initializer),
    ],
    digits(),
    cce(adam(0.001), { steps: 200 }),
  );
const weightsOfOne: Published = {
  name: 'weights-of-1-under-relus',
  source: 'https://e-com-net.com/article/1281957349447188480.htm',
  accepted: 'weights with a deviation of 1, which sigmoids bore, are too large under ReLU: 0.1',
  labels: [['poor_initialization', 'exploding_gradient']],
  half: 'judge',
  experiment: imageNetwork(normal(1)),
  twin: imageNetwork(normal(0.1)),
};

const signal = even(400, 1, -1, 1);
const threeLayers = (hidden: Config, output: Config) =>
  run(
    [1],
    [dense(16, 'relu', hidden), dense(16, 'relu', hidden), dense(1, 'linear', output)],
    inline(
      signal,
      signal.map((row) => at(row, 0) / 2),
    ),
    mse(sgd(0.01), { batch_size: 1, steps: 1000 }),
  );
const thousandth: Config = {
  ...normal(0.001),
  bias_initializer: { type: 'normal', stddev: 0.001 },
};
const weightsOfAThousandth: Published = {
  name: 'weights-of-a-thousandth',
  source: 'https://www.e-learn.cn/topic/463140',
  accepted: 'with one more layer the gradient vanishes, because the weights start at 0.001: Xavier',
  labels: [['vanishing_gradient', 'poor_initialization']],
  half: 'judge',
  experiment: threeLayers(thousandth, thousandth),
  twin: threeLayers(
    { kernel_initializer: 'glorot_normal', bias_initializer: { type: 'constant', value: 0.1 } },
    { kernel_initializer: 'glorot_normal', bias_initializer: { type: 'constant', value: 0.1 } },
  ),
};

const deep = (initializer: Config) =>
  run(
    [1, 8, 8],
    [
      ...Array.from({ length: 10 }, () => conv(8, initializer)),
      pool,
      { type: 'flatten' },
      dense(10, 'softmax', initializer),
    ],
    digits(),
    cce(nesterov(0.01, 0.9), { steps: 200 }),
  );
const tenConvolutions: Published = {
  name: 'ten-convolutions-from-0.01',
  source: 'https://arxiv.org/abs/1502.01852 (section 2.2)',
  accepted: 'more than eight convolutions from weights of 0.01 do not converge: the gradient vanishes',
  labels: [['vanishing_gradient', 'poor_initialization']],
  half: 'judge',
  experiment: deep(normal(0.01)),
  twin: deep({ kernel_initializer: 'he_normal' }),
};

const fours = even(200, 4, 0.1, 0.8);
const copier: Published = {
  name: 'four-relus-copy-four-numbers',
  source: 'https://stats.stackexchange.com/questions/269718',
  accepted: 'some of the four ReLUs at the output give 0 for every input, and stay so: they are dead',
  labels: [['dead_units', 'loss_output_mismatch']],
  half: 'develop',
  experiment: run(
    [4],
    [layer(4, 'relu'), layer(4, 'relu')],
    inline(fours, fours),
    mse(sgd(0.01), { batch_size: 8, steps: 1500 }),
  ),
};

const pairs = Array.from({ length: 400 }, (_, i) =>
  Array.from({ length: 8 }, (__, t) => [bell(20 * i + t), bell(9000 + 20 * i + t)]),
);
const attention = (width: number) => [
  ...(width === 2 ? [] : [{ type: 'time_distributed', layers: [layer(width)] }]),
  residual({ type: 'self_attention', heads: 2 }),
  { type: 'layer_norm' },
  residual({ type: 'time_distributed', layers: [layer(4 * width, 'relu'), layer(width)] }),
  { type: 'layer_norm' },
  { type: 'flatten' },
  layer(1),
];
const twoFeatures: Published = {
  name: 'encoder-of-two-features',
  source: 'http://coloradmin.cn/o/370488.html',
  accepted: 'behind the normalization of two features every number is 1 or −1',
  labels: [['degenerate_normalization']],
  half: 'develop',
  experiment: run(
    [8, 2],
    attention(2),
    inline(
      pairs,
      pairs.map((steps) => steps.reduce((sum, row, t) => sum + at(row, t % 2), 0) / 3 + chance(1)),
    ),
    mse(adam(0.003), { steps: 300 }),
  ),
};

export const starts: readonly Published[] = [
  weightsOfOne,
  weightsOfAThousandth,
  tenConvolutions,
  copier,
  twoFeatures,
];
