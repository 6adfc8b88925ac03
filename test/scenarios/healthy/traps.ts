/** @file What looks like a symptom and is none, and settings that do no harm. */
import {
  adam,
  type Config,
  classifier,
  dense,
  experiment,
  he,
  relu,
  scaledSine,
  sgd,
  tasks,
} from '../scenario.ts';
import { healthy } from './draft.ts';

const sparse = (bias: number) =>
  dense(64, 'relu', { ...he, bias_initializer: { type: 'constant', value: bias } });
/** What looks like a symptom and is none. */
export const traps = [
  healthy('sparse-relu/digits', 'dense', classifier(tasks.digits, [sparse(-0.5), sparse(-0.5)], adam(0.003))),
  healthy('sparse-relu/wine', 'dense', classifier(tasks.wine, [sparse(-1)], adam(0.01))),
  healthy('sparse-relu/moons', 'dense', classifier(tasks.moons, [sparse(-0.3), sparse(-0.3)], adam(0.01))),
  healthy(
    'sparse-relu/breast-cancer',
    'dense',
    classifier(tasks.breast_cancer, [sparse(-1), sparse(-0.5)], adam(0.005)),
  ),
  healthy(
    'widths/256-8-128-4',
    'dense',
    classifier(tasks.digits, [relu(256), relu(24), relu(128), relu(16)], adam(0.003)),
  ),
  healthy(
    'widths/4-128-8',
    'dense',
    classifier(tasks.iris, [dense(4, 'tanh'), relu(128), dense(8, 'tanh')], adam(0.005)),
  ),
  healthy('widths/512-2', 'dense', classifier(tasks.moons, [relu(512), dense(4, 'tanh')], adam(0.003))),
  healthy('widths/8-256', 'dense', classifier(tasks.circles, [dense(8, 'tanh'), relu(256)], adam(0.005))),
  healthy(
    'converged/blobs',
    'dense',
    classifier(
      { ...tasks.blobs, data: { type: 'blobs', samples: 300, centers: 3, std: 0.3 } },
      [relu(32)],
      adam(0.02),
      { steps: 1500 },
    ),
  ),
  healthy(
    'converged/xor',
    'dense',
    classifier(tasks.xor, [dense(32, 'tanh'), dense(32, 'tanh')], adam(0.02), { steps: 1500 }),
  ),
  healthy(
    'converged/moons',
    'dense',
    classifier(tasks.moons, [relu(64), relu(64)], sgd(0.1, 0.9), { steps: 1500 }),
  ),
  healthy(
    'converged/teacher',
    'dense',
    classifier(tasks.teacher, [dense(64, 'tanh')], adam(0.01), { steps: 1500 }),
  ),
  healthy(
    'batch-of-one/moons',
    'dense',
    classifier(tasks.moons, [relu(32), relu(32)], adam(0.002), { batch_size: 1, steps: 1500 }),
  ),
  healthy(
    'batch-of-one/iris',
    'dense',
    classifier(tasks.iris, [dense(24, 'tanh')], sgd(0.02), { batch_size: 1, steps: 1500 }),
  ),
  healthy(
    'full-batch/moons',
    'dense',
    classifier(tasks.moons, [relu(32), relu(32)], adam(0.02), { batch_size: 400 }),
  ),
  healthy(
    'full-batch/iris',
    'dense',
    classifier(tasks.iris, [dense(24, 'tanh')], sgd(0.5), { batch_size: 120 }),
  ),
  healthy(
    'small-targets/sine',
    'dense',
    classifier(
      { ...tasks.sine, data: scaledSine(1e-2) },
      [dense(48, 'tanh'), dense(48, 'tanh')],
      adam(0.003),
      { steps: 2000 },
    ),
  ),
  healthy(
    'small-targets/quadratic',
    'dense',
    classifier({ ...tasks.sine, data: scaledSine(0.05) }, [relu(64), relu(64)], adam(0.003), { steps: 600 }),
  ),
  healthy(
    'sigmoid-output/breast-cancer',
    'dense',
    experiment(
      { ...tasks.breast_cancer, loss: 'binary_cross_entropy' },
      [relu(32), dense(1, 'sigmoid')],
      adam(0.01),
      { steps: 800 },
    ),
  ),
  healthy(
    'sigmoid-output/moons',
    'dense',
    experiment(
      { ...tasks.moons, loss: 'binary_cross_entropy' },
      [relu(32), relu(32), dense(1, 'sigmoid')],
      adam(0.02),
      { steps: 1000 },
    ),
  ),
  healthy(
    'sigmoid-output/blobs',
    'dense',
    experiment(
      {
        ...tasks.blobs,
        data: { type: 'blobs', samples: 300, centers: 2, std: 0.4 },
        loss: 'binary_cross_entropy',
      },
      [dense(16, 'tanh'), dense(1, 'sigmoid')],
      adam(0.02),
      { steps: 1000 },
    ),
  ),
  healthy(
    'softmax-output/iris',
    'dense',
    experiment(
      { ...tasks.iris, loss: 'categorical_cross_entropy' },
      [relu(32), dense(3, 'softmax')],
      adam(0.01),
      { steps: 600 },
    ),
  ),
  healthy(
    'shallow-sigmoid/moons',
    'dense',
    classifier(tasks.moons, [dense(32, 'sigmoid')], adam(0.05), { steps: 600 }),
  ),
  healthy(
    'shallow-sigmoid/wine',
    'dense',
    classifier(tasks.wine, [dense(32, 'sigmoid'), dense(16, 'sigmoid')], adam(0.03), { steps: 600 }),
  ),
];

export const settings = [
  healthy(
    'setting/clipping',
    'dense',
    classifier(tasks.moons, [relu(32), relu(32)], sgd(0.1, 0.9), {
      gradient_clipping: { type: 'global_norm', max_norm: 1 },
    }),
  ),
  healthy(
    'setting/clipping-tight',
    'dense',
    classifier(tasks.circles, [relu(32), relu(32)], adam(0.01), {
      gradient_clipping: { type: 'global_norm', max_norm: 0.05 },
    }),
  ),
  healthy(
    'setting/l2',
    'dense',
    classifier(tasks.moons, [relu(32), relu(32)], adam(0.01), { regularization: { l2: 1e-3 } }),
  ),
  healthy(
    'setting/l1',
    'dense',
    classifier(tasks.digits, [relu(64)], adam(0.005), { regularization: { l1: 1e-4 } }),
  ),
  healthy(
    'setting/cosine',
    'dense',
    classifier(tasks.moons, [relu(32), relu(32)], sgd(0.2, 0.9), { learning_rate_schedule: 'cosine' }),
  ),
  healthy(
    'setting/warm-up',
    'dense',
    classifier(tasks.circles, [relu(32), relu(32)], adam(0.01), {
      learning_rate_schedule: { type: 'linear_warmup', warmup_steps: 30 },
    }),
  ),
  healthy(
    'setting/rmsprop',
    'dense',
    classifier(tasks.moons, [relu(32), relu(32)], { type: 'rmsprop', learning_rate: 0.005 }),
  ),
  healthy(
    'setting/adagrad',
    'dense',
    classifier(tasks.iris, [relu(32)], { type: 'adagrad', learning_rate: 0.1 }),
  ),
  healthy(
    'setting/lion',
    'dense',
    classifier(tasks.moons, [relu(32), relu(32)], { type: 'lion', learning_rate: 0.001 }),
  ),
  healthy(
    'setting/adamw',
    'dense',
    classifier(tasks.digits, [relu(64)], { type: 'adamw', learning_rate: 0.005 }),
  ),
  healthy(
    'setting/imbalance',
    'dense',
    classifier({ ...tasks.blobs, data: imbalanced(20), outputs: 2 }, [relu(16)], adam(0.02)),
  ),
  healthy(
    'setting/imbalance-50',
    'dense',
    classifier({ ...tasks.blobs, data: imbalanced(50), outputs: 2 }, [relu(16)], adam(0.02), { steps: 600 }),
  ),
];

/** Two separable classes, one of them `ratio` times as large. */
function imbalanced(ratio: number): Config {
  const count = 10 * ratio + 10;
  const rare = (i: number) => i % (ratio + 1) === 0;
  const inputs = Array.from({ length: count }, (_, i) => {
    const angle = i * 2.399963;
    const radius = 0.5 * Math.sqrt(((i * 7919) % count) / count);
    const [x, y] = [radius * Math.cos(angle), radius * Math.sin(angle)];
    return rare(i) ? [x + 1.5, y + 1.5] : [x, y];
  });
  return { type: 'inline', inputs, targets: inputs.map((_, i) => Number(rare(i))) };
}
