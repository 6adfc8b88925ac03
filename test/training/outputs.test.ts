/** @file Several outputs with targets and losses of their own: what is asked for, what is refused, what is measured of them. */
import { expect, it } from 'vitest';
import { lossMismatch, parseExperiment, resolveLoss } from '../../src/experiment/index.ts';
import { referenceExperiments } from '../../src/experiment/reference.ts';
import { train } from '../../src/training/index.ts';

type Config = Record<string, unknown>;

const COUNT = 40;
const inputs = Array.from({ length: COUNT }, (_, i) => [Math.sin(i), Math.cos(3 * i), Math.sin(7 * i + 1)]);
/** A class of three, an answer of yes or no, and a number. */
const targetOf = ([a = 0, b = 0, c = 0]: readonly number[]): number[] => [
  a > 0.3 ? 2 : a > -0.3 ? 1 : 0,
  Number(b > 0),
  c - a,
];
const targets = inputs.map(targetOf);

const heads: Config[] = [
  { type: 'dense', units: 3, name: 'kind', inputs: ['body'] },
  { type: 'dense', units: 1, activation: 'sigmoid', name: 'answer', inputs: ['body'] },
  { type: 'dense', units: 1, name: 'value', inputs: ['body'] },
];
const losses: Config[] = [
  { loss: 'softmax_cross_entropy' },
  { loss: 'binary_cross_entropy', weight: 0.5 },
  { loss: 'mean_squared_error' },
];

const bodyOf = (over: { layers?: Config[]; outputs?: Config[]; data?: Config; training?: Config } = {}) => ({
  network: {
    input: { shape: [3] },
    layers: [
      { type: 'dense', units: 16, activation: 'relu', name: 'body' },
      ...(over.layers ?? [...heads, { type: 'outputs', inputs: ['kind', 'answer', 'value'] }]),
    ],
  },
  data: { type: 'inline', inputs, targets, validation_split: 0.2, ...over.data },
  training: {
    loss: { type: 'joint', outputs: over.outputs ?? losses },
    optimizer: { type: 'adam', learning_rate: 0.02 },
    steps: 300,
    ...over.training,
  },
  remedies: { verify: false },
});

function experimentOf(body: unknown) {
  const parsed = parseExperiment(body);
  if (!parsed.ok) throw new Error(JSON.stringify(parsed.error));
  return parsed.value.experiment;
}

const problemsOf = (body: unknown) => {
  const parsed = parseExperiment(body);
  return parsed.ok ? [] : parsed.error.map(({ pointer, message }) => `${pointer}: ${message}`);
};

it('their shapes are those that the network gives, spelled out', () => {
  const { loss } = experimentOf(bodyOf()).training;
  expect(loss).toMatchObject({
    outputs: [{ shape: [3], weight: 1 }, { shape: [1], weight: 0.5 }, { shape: [1] }],
  });
  expect(experimentOf(JSON.parse(JSON.stringify(bodyOf()))).training.loss).toEqual(loss);
});

it('are learned together: the loss is the sum, the accuracy is over the answers of all', async () => {
  const trained = await train(experimentOf(bodyOf()), 0);
  if (!trained.ok) throw new Error(trained.error.code);
  const { losses: course, constant_loss, least_loss, final, initial } = trained.value;
  const split = targets.length * 0.8;
  expect(split).toBe(32);
  expect(course.at(-1)).toBeLessThan(0.2 * constant_loss);
  expect(least_loss).toBe(0);
  expect(initial.accuracy).toBeLessThan(0.9);
  expect(final.accuracy).toBeGreaterThan(0.95);
});

it('the constant loss is the sum of those of the outputs', async () => {
  const same = experimentOf(
    bodyOf({ data: { validation_split: 0, shuffle: false }, training: { steps: 1 } }),
  );
  const trained = await train(same, 0);
  if (!trained.ok) throw new Error(trained.error.code);
  const column = (place: number) => targets.map((row) => row[place] as number);
  const entropy = (values: number[]) =>
    [...new Set(values)].reduce((sum, value) => {
      const share = values.filter((one) => one === value).length / COUNT;
      return sum - share * Math.log(share);
    }, 0);
  // As float32 has the numbers.
  const numbers = column(2).map(Math.fround);
  const mean = numbers.reduce((sum, x) => sum + x, 0) / COUNT;
  const variance = numbers.reduce((sum, x) => sum + (x - mean) ** 2, 0) / COUNT;
  const expected = entropy(column(0)) + 0.5 * entropy(column(1)) + variance;
  expect(trained.value.constant_loss).toBeCloseTo(expected, 6);
});

it('only values have no accuracy', async () => {
  const body = bodyOf({
    layers: [heads[0] as Config, heads[2] as Config, { type: 'outputs', inputs: ['kind', 'value'] }],
    outputs: [{ loss: 'huber' }, { loss: 'mean_squared_error' }],
    data: { targets: inputs.map((row) => [...row, 1]) },
    training: { steps: 2 },
  });
  const trained = await train(experimentOf(body), 0);
  if (!trained.ok) throw new Error(trained.error.code);
  expect(trained.value.final.accuracy).toBeNull();
});

it('what does not fit is named with its place', () => {
  const wrong = (index: number, value: number) => ({
    data: { targets: targets.map((row, i) => (i === 3 ? row.with(index, value) : row)) },
  });
  expect(problemsOf(bodyOf({ outputs: losses.slice(1) }))).toEqual([
    '/training/loss/outputs: has 2 losses for 3 outputs',
  ]);
  expect(problemsOf(bodyOf({ layers: [heads[0] as Config] }))).toEqual([
    '/network/layers/1: the loss is one of 3 outputs, but the network has one',
  ]);
  expect(
    problemsOf(bodyOf({ outputs: [{ loss: 'softmax_cross_entropy', shape: [4] }, ...losses.slice(1)] })),
  ).toEqual(['/training/loss/outputs/0/shape: is [4], but the network gives [3]']);
  expect(problemsOf(bodyOf({ data: { targets: targets.map((row) => row.slice(1)) } }))).toEqual([
    '/data/targets: have the shape [2], but these outputs read [3]: 1 for output 0, 1 for output 1, 1 for output 2',
  ]);
  expect(problemsOf(bodyOf(wrong(0, 3)))).toEqual([
    '/data/targets: number 0 of each target is for output 0: softmax_cross_entropy over 3 units reads whole numbers from 0 to 2, and it goes from 0 to 3',
  ]);
  expect(problemsOf(bodyOf(wrong(0, 0.5)))[0]).toContain('0 to 2, not all of them whole');
  expect(problemsOf(bodyOf(wrong(1, 2)))[0]).toContain('binary_cross_entropy reads numbers between 0 and 1');
  expect(problemsOf(bodyOf({ training: { class_weights: 'balanced' } }))[0]).toContain(
    '/training/class_weights',
  );
  expect(problemsOf(bodyOf({ data: { standardize_targets: true } }))[0]).toContain(
    '/data/standardize_targets',
  );
  expect(problemsOf(bodyOf({ training: { loss: 'joint' } }))[0]).toContain('/training/loss');
  expect(problemsOf(bodyOf({ training: { loss: 'mean_squared_error' } }))).toEqual([
    '/network/layers/4: the last layer gives [5] but mean_squared_error on this data set needs [3]',
  ]);
});

it('each activation is held against its own loss', () => {
  expect(lossMismatch(experimentOf(bodyOf()), null)).toBeNull();
  const linear = { ...heads[1], activation: 'linear' };
  const layers = [heads[0] as Config, linear, heads[2] as Config];
  const found = lossMismatch(
    experimentOf(bodyOf({ layers: [...layers, { type: 'outputs', inputs: ['kind', 'answer', 'value'] }] })),
    null,
  );
  expect(found).toMatchObject({ what: 'linear_before_probability_loss', severity: 'critical' });
  expect(found?.message).toMatch(/^of the output "answer": /);
});

it('the reference has the same outputs and losses', () => {
  const experiment = experimentOf(bodyOf());
  const [reference] = referenceExperiments(experiment);
  expect(reference?.experiment.training.loss).toEqual(experiment.training.loss);
  expect(reference && lossMismatch(reference.experiment, null)).toBeNull();
  expect(resolveLoss(experiment).target).toBe('mixed');
});
