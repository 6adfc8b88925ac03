/** @file The training in generated code: PyTorch’s losses are the service’s own, from the same weights and samples. */
import { spawnSync } from 'node:child_process';
import { describe, expect, it } from 'vitest';
import { parseExperiment } from '../../../src/experiment/index.ts';
import { codeOf } from '../../../src/export/index.ts';
import { train } from '../../../src/training/index.ts';
import { encodeSafetensors } from '../../../src/util/safetensors.ts';
import { hasPython, hasTorch, PYTHON } from '../../python.ts';
import { runTorch } from '../../torch.ts';

type Config = Record<string, unknown>;

const COUNT = 22;
const inputs = Array.from({ length: COUNT }, (_, i) => [50 + 9 * Math.sin(i), 0.01 * Math.cos(2 * i), 7]);
const labels = inputs.map((_, i) => (i % 4 === 0 ? 1 : i % 11 === 3 ? 2 : 0));
/** Three answers of no or yes. */
const asked = (i: number) => [Number(i % 4 === 0), Number(i % 11 === 3), i % 2];
const values = inputs.map(([a = 0, b = 0]) => [300 + 2 * a + 900 * b]);

/** Kernels of the two dense layers, [inputs, units] row-major. */
const kernel = (rows: number, columns: number) =>
  Float32Array.from({ length: rows * columns }, (_, i) => Math.sin(i + 1));

interface Case {
  readonly training: Config;
  readonly data?: Config;
  readonly targets: unknown[] | 'inputs';
  readonly units?: number;
  /** Of the prediction, where it is more than units. */
  readonly shape?: number[];
  /** Behind the last layer with weights. */
  readonly more?: Config[];
}

function experimentOf({ training, data, targets, units = 1, shape, more = [] }: Case) {
  const weights = new Map([
    ['first/kernel', { shape: [3, 4], data: kernel(3, 4) }],
    ['last/kernel', { shape: [4, units], data: kernel(4, units) }],
  ]);
  const parsed = parseExperiment({
    network: {
      input: { shape: [3] },
      layers: [
        { type: 'dense', units: 4, activation: 'tanh', name: 'first' },
        { type: 'dense', units, name: 'last' },
        ...(shape === undefined ? [] : [{ type: 'reshape', shape }]),
        ...more,
      ],
    },
    data: { type: 'inline', inputs, targets, validation_split: 0, shuffle: false, ...data },
    training: {
      batch_size: COUNT,
      steps: 12,
      initial_weights: {
        encoding: 'safetensors',
        data: Buffer.from(encodeSafetensors(weights)).toString('base64'),
      },
      ...training,
    },
  });
  if (!parsed.ok) throw new Error(JSON.stringify(parsed.error));
  return parsed.value.experiment;
}

const sgd = { type: 'sgd', learning_rate: 0.1 };
const softmax = { loss: 'softmax_cross_entropy', optimizer: sgd };
const regression = { loss: 'mean_squared_error', optimizer: sgd };
const both = { standardize: true, standardize_targets: true };
const scheduled = (learning_rate_schedule: unknown) => ({
  targets: values,
  data: both,
  training: { ...regression, learning_rate_schedule },
});

const cases: Record<string, Case> = {
  'standardized regression': { targets: values, data: both, training: regression },
  'batches across epochs': { targets: values, data: both, training: { ...regression, batch_size: 8 } },
  'scaled inputs, penalty and clipping': {
    targets: values,
    data: { scale: 0.01, standardize_targets: true },
    training: {
      ...regression,
      regularization: { l1: 0.001, l2: 0.01 },
      gradient_clipping: { type: 'global_norm', max_norm: 0.5 },
    },
  },
  'an autoencoder': {
    targets: 'inputs',
    units: 3,
    data: { standardize: true },
    training: regression,
  },
  'balanced classes with warm-up': {
    targets: labels,
    units: 3,
    data: { standardize: true },
    training: {
      ...softmax,
      batch_size: 8,
      class_weights: 'balanced',
      learning_rate_schedule: { type: 'linear_warmup', warmup_steps: 4, after: 'cosine' },
    },
  },
  'a list of class weights': {
    targets: labels,
    units: 3,
    data: { standardize: true },
    training: { ...softmax, class_weights: [1, 3, 0.5] },
  },
  'weighted binary classes': {
    targets: labels.map((label) => Math.min(label, 1)),
    data: { standardize: true },
    training: { loss: 'sigmoid_cross_entropy', optimizer: 'adam', class_weights: 'balanced' },
  },
  // One in four, one in eleven, and every second: each label is balanced by itself.
  'balanced labels': {
    targets: inputs.map((_, i) => asked(i)),
    units: 3,
    data: { standardize: true },
    training: { loss: 'sigmoid_cross_entropy', optimizer: sgd, class_weights: 'balanced', batch_size: 8 },
  },
  'balanced maps of two channels': {
    targets: inputs.map((_, i) => [
      [asked(i), asked(i + 1)],
      [asked(i + 2).toReversed(), asked(3 * i)],
    ]),
    ...{ units: 12, shape: [2, 2, 3] },
    data: { standardize: true },
    training: { loss: 'sigmoid_cross_entropy', optimizer: sgd, class_weights: 'balanced', batch_size: 8 },
  },
  'overlap of maps of two channels, with cross-entropy': {
    targets: inputs.map((_, i) => [
      [asked(i), asked(i + 1)],
      [asked(i + 2).toReversed(), asked(3 * i)],
    ]),
    ...{ units: 12, shape: [2, 2, 3] },
    data: { standardize: true },
    training: { loss: { type: 'sigmoid_dice', cross_entropy: 0.5 }, optimizer: sgd, batch_size: 8 },
  },
  'several quantiles': {
    targets: values,
    units: 3,
    data: both,
    training: { loss: { type: 'quantiles', quantiles: [0.2, 0.5, 0.9] }, optimizer: sgd },
  },
  'a second output': {
    targets: labels,
    units: 3,
    more: [
      { type: 'activation', activation: 'tanh', name: 'second' },
      { type: 'auxiliary_loss', inputs: ['last', 'second'], weight: 0.5 },
    ],
    data: { standardize: true },
    training: { ...softmax, batch_size: 8, class_weights: 'balanced' },
  },
  'several outputs': {
    targets: inputs.map((_, i) => [labels[i], ...asked(i), Math.sin(i), Math.cos(i)]),
    units: 8,
    more: [
      { type: 'slice', stop: 3, name: 'class', inputs: ['last'] },
      { type: 'slice', start: 3, stop: 6, inputs: ['last'] },
      { type: 'activation', activation: 'sigmoid', name: 'answers' },
      { type: 'slice', start: 6, name: 'values', inputs: ['last'] },
      { type: 'outputs', inputs: ['class', 'answers', 'values'] },
    ],
    data: { standardize: true },
    training: {
      loss: {
        type: 'joint',
        outputs: [
          { loss: 'softmax_cross_entropy' },
          { loss: 'binary_cross_entropy', weight: 0.5 },
          { loss: { type: 'huber', delta: 0.4 }, weight: 2 },
        ],
      },
      optimizer: sgd,
      batch_size: 8,
    },
  },
  'outputs at several places': {
    targets: inputs.map((_, i) => [labels[i], labels[(i + 1) % COUNT], ...asked(i), Math.sin(i)]),
    units: 12,
    more: [
      { type: 'slice', stop: 6, inputs: ['last'] },
      { type: 'reshape', shape: [2, 3], name: 'classes' },
      { type: 'slice', start: 6, stop: 9, name: 'mask', inputs: ['last'] },
      { type: 'slice', start: 9, name: 'shares', inputs: ['last'] },
      { type: 'outputs', inputs: ['classes', 'mask', 'shares'] },
    ],
    data: { standardize: true },
    training: {
      loss: {
        type: 'joint',
        outputs: [
          { loss: 'softmax_cross_entropy' },
          { loss: 'sigmoid_dice' },
          { loss: { type: 'quantiles', quantiles: [0.2, 0.5, 0.9] } },
        ],
      },
      optimizer: sgd,
    },
  },
  'weighted hinge': {
    targets: labels.map((label) => Math.min(label, 1)),
    data: { standardize: true },
    training: { loss: 'hinge', optimizer: sgd, class_weights: [1, 2.5] },
  },
  step: scheduled({ type: 'step', step_size: 3, gamma: 0.5 }),
  exponential: scheduled({ type: 'exponential', decay_steps: 4, decay_rate: 0.5 }),
  cosine: scheduled({ type: 'cosine', alpha: 0.1 }),
  'inverse square root': scheduled({ type: 'inverse_square_root', timescale: 3 }),
  plateau: scheduled({
    type: 'linear_warmup',
    warmup_steps: 2,
    after: { type: 'reduce_on_plateau', patience: 2, min_delta: 0.1, factor: 0.5 },
  }),
};

const RUN = `
import json, sys
import numpy, torch
given = json.load(sys.stdin)
results = {}
for name, (code, targets) in given["cases"].items():
    try:
        scope = {}
        exec(code, scope)
        for w in scope["model"].parameters():
            columns, rows = w.shape if w.dim() > 1 else (0, 0)
            values = torch.arange(1, rows * columns + 1).double().sin().float()
            w.data = values.reshape(rows, columns).T.clone() if w.dim() > 1 else torch.zeros_like(w)
        arrays = [given["inputs"]] if targets == "inputs" else [given["inputs"], numpy.array(targets)]
        results[name] = scope["train"](*arrays)
    except Exception as error:
        results[name] = f"{type(error).__name__}: {error}"
print(json.dumps(results))
`;

describe.skipIf(!hasTorch)('the training in PyTorch code', () => {
  it('has the losses of the service', async () => {
    const experiments = Object.entries(cases).map(
      ([name, entry]) => [name, experimentOf(entry), entry.targets] as const,
    );
    const coded = experiments.map(([name, experiment, targets]) => [
      name,
      [codeOf(experiment).pytorch, targets],
    ]);
    const given = JSON.stringify({ inputs, cases: Object.fromEntries(coded) });
    const { stdout, stderr } = await runTorch(RUN, given);
    expect(stderr).toBe('');
    const found = JSON.parse(stdout) as Record<string, number[] | string>;
    for (const [name, experiment] of experiments) {
      const trained = await train(experiment, 0);
      if (!trained.ok) throw new Error(trained.error.code);
      const losses = [...trained.value.losses];
      expect(losses, name).toHaveLength(12);
      const own = found[name];
      expect(own, name).toBeInstanceOf(Array);
      const errors = losses.map((loss, i) => Math.abs(loss - Number(own?.[i])) / Math.max(1, Math.abs(loss)));
      expect(Math.max(...errors), name).toBeLessThan(1e-4);
    }
  });
});

/** A high rate on few samples: the validation loss falls, then rises. */
const stopping = (early_stopping: Config): Case => ({
  targets: values.map(([value = 0], i) => [value + 40 * Math.sin(7 * i)]),
  data: { ...both, validation_split: 0.5 },
  training: { ...regression, batch_size: 11, steps: 200, early_stopping },
});
const stoppingCases = [stopping({ check_every: 2 }), stopping({ check_every: 3, patience: 2 })];

const STOP = `
import json, sys
import numpy, torch
given = json.load(sys.stdin)
results = []
for code, targets in given["cases"]:
    scope = {}
    exec(code, scope)
    model = scope["model"]
    for w in model.parameters():
        columns, rows = w.shape if w.dim() > 1 else (0, 0)
        values = torch.arange(1, rows * columns + 1).double().sin().float()
        w.data = values.reshape(rows, columns).T.clone() if w.dim() > 1 else torch.zeros_like(w)
    x, y = numpy.array(given["inputs"]), numpy.array(targets)
    losses = scope["train"](x[:11], y[:11], x[11:], y[11:])
    mean, std = scope["moments"]["y"]
    held = ((torch.tensor(y[11:]) - mean) / std).float()
    with torch.no_grad(): results.append([losses, scope["loss_function"](model(*scope["prepare"](x[11:])), held).item()])
print(json.dumps(results))
`;

describe.skipIf(!hasTorch)('early stopping in PyTorch code', () => {
  it('ends where the service ends, with the weights of the lowest validation loss', async () => {
    const experiments = stoppingCases.map(experimentOf);
    const coded = experiments.map((experiment, i) => [codeOf(experiment).pytorch, stoppingCases[i]?.targets]);
    const { stdout, stderr } = await runTorch(STOP, JSON.stringify({ inputs, cases: coded }));
    expect(stderr).toBe('');
    const found = JSON.parse(stdout) as [losses: number[], held: number][];
    for (const [i, experiment] of experiments.entries()) {
      const trained = await train(experiment, 0);
      if (!trained.ok) throw new Error(trained.error.code);
      const { losses, final } = trained.value;
      const [own, held] = found[i] as (typeof found)[number];
      expect(own).toHaveLength(losses.length);
      expect(Math.abs(held - (final.validation_data_loss ?? 0))).toBeLessThan(1e-3);
      // Not the last weights: those do worse.
      const last = await train(
        experimentOf({
          ...(stoppingCases[i] as Case),
          training: { ...stoppingCases[i]?.training, early_stopping: null },
        }),
        0,
      );
      if (!last.ok) throw new Error(last.error.code);
      expect(last.value.final.validation_data_loss).toBeGreaterThan(held * 1.02);
    }
    expect(found.map(([losses]) => losses.length < 200)).toEqual([false, true]);
  });
});

const PARSE = `
import ast, json, sys
codes = json.load(sys.stdin)
for code in codes.values(): ast.parse(code)
print(json.dumps(list(codes)))
`;

const keras = (name: string) => codeOf(experimentOf(cases[name] as Case)).keras;

describe('the training in Keras code', () => {
  it('has what is done to the data, the weights of classes, the schedule and the steps', () => {
    const code = keras('balanced classes with warm-up');
    expect(code).toContain('x = standardized(0, x)');
    expect(code).toContain('sample_weight=weights');
    expect(code).toContain('batch_size=8, epochs=4, shuffle=False');
    expect(code).toContain('if self.k == 12: self.model.stop_training = True');
    expect(code).toContain('(k + 1) / 4 if k < 4 else');
    expect(code).toMatch(/^import math$/m);
  });

  it.skipIf(!hasPython)('is Python', () => {
    const codes = { ...Object.fromEntries(Object.keys(cases).map((name) => [name, keras(name)])) };
    stoppingCases.forEach((entry, i) => {
      const code = codeOf(experimentOf(entry)).keras;
      codes[`early stopping ${i}`] = code;
      expect(code).toContain('callbacks=[Steps(), KeepBest(x_held[0], y_held)]');
    });
    const { stdout, stderr } = spawnSync(PYTHON, ['-c', PARSE], {
      input: JSON.stringify(codes),
      encoding: 'utf8',
    });
    expect(stderr).toBe('');
    expect(JSON.parse(stdout)).toEqual(Object.keys(codes));
  });
});
