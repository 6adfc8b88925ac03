/** @file What explanations say of the two sides of one finding, from one real training whose end is then changed. */
import { beforeAll, expect, it } from 'vitest';
import { diagnose } from '../../../src/diagnosis/index.ts';
import { ofConstant } from '../../../src/diagnosis/wording.ts';
import { type Experiment, parseExperiment } from '../../../src/experiment/index.ts';
import type { Trace } from '../../../src/statistics/index.ts';
import { train } from '../../../src/training/index.ts';

let experiment: Experiment;
let trace: Trace;
const norm = { type: 'batch_norm', momentum: 0.99 };
const withNorm = (momentum: number, batch_size: number) => {
  const parsed = parseExperiment({
    network: {
      input: { shape: [2] },
      layers: [
        { type: 'dense', units: 8, activation: 'tanh' },
        { ...norm, momentum },
        { type: 'dense', units: 2 },
      ],
    },
    data: { type: 'moons', samples: 100, noise: 0.1 },
    training: { loss: 'softmax_cross_entropy', optimizer: 'adam', steps: 40, batch_size },
  });
  if (!parsed.ok) throw new Error(JSON.stringify(parsed.error));
  return parsed.value.experiment;
};

beforeAll(async () => {
  experiment = withNorm(0.99, 16);
  const result = await train(experiment, 0);
  if (!result.ok) throw new Error(result.error.code);
  trace = result.value;
});

const told = (rule: string, of: Trace, by = experiment) =>
  diagnose(by, [of]).find((check) => check.rule === rule)?.explanation ?? '';

it('a loss above a constant’s: whether the answers are wrong, or right and the others too sure', () => {
  const ended = (accuracy: number): Trace => {
    const data_loss = 1.1 * trace.constant_loss;
    const final = { ...trace.final, accuracy, data_loss };
    return { ...trace, final, data_losses: trace.data_losses.map(() => data_loss) };
  };
  expect(told('loss_not_decreasing', ended(0.52))).toMatch(/worse than not looking at the input/);
  expect(told('loss_not_decreasing', ended(0.97))).toMatch(/97 % of the answers are right/);
});

it('running averages that are not those of the batches: by their momentum, the steps, or small batches', () => {
  const measured = trace.modes.at(-1);
  if (measured === undefined) throw new Error('the modes were not measured');
  const { training } = measured;
  const inference = { ...training, loss: 3 * trace.constant_loss, accuracy: 0.5 };
  const apart: Trace = {
    ...trace,
    modes: [{ ...measured, training: { ...training, loss: 0.1 }, inference }],
  };
  const why = (momentum: number, batch_size: number) =>
    told('inference_mismatch', apart, withNorm(momentum, batch_size));
  expect(why(1, 16)).toMatch(/with a momentum of 1 they do not move/);
  expect(why(0.99, 16)).toMatch(
    /at a momentum of 0\.99, 66\.9 % of what they started from is left after 40 steps/,
  );
  expect(why(0.9999, 16)).toMatch(/at a momentum of 0\.9999, 99\.6 % of what/);
  expect(why(0.5, 1)).toMatch(/each batch of one sample is normalized by numbers of its own/);
  expect(why(0.5, 16)).toMatch(/at a momentum of 0\.5 they follow the last batches alone/);
  expect(why(0.9, 16)).toMatch(/means over many steps/);
});

it('weights that stand still: for want of a gradient, or since the steps are lost in their rounding', () => {
  const still = (without: RegExp): Trace => ({
    ...trace,
    series: trace.series.map((one) =>
      without.test(one.tensor ?? '') ? { ...one, values: one.values.map(() => 0) } : one,
    ),
  });
  expect(told('unchanged_parameters', still(/kernel\.update$/))).toMatch(
    /a gradient reaches them, but at a learning rate of 0\.001 its steps are .* lost in the rounding/,
  );
  expect(told('unchanged_parameters', still(/kernel\.(update|gradient)$/))).toMatch(
    /: no gradient reaches them\.$/,
  );
});

it('a gradient that is no longer finite is not told as a multiple of another', () => {
  const norms = trace.gradient_norms.map((norm, step) => (step === 30 ? Number.POSITIVE_INFINITY : norm));
  const divergence = { step: 30, layer: null, tensor: null, value: 'inf' };
  const over = { ...trace, gradient_norms: norms, divergence } as unknown as Trace;
  expect(told('exploding_gradient', over)).toMatch(/^At step 30 the gradient is no longer a finite number/);
});

it('a loss that is as good as 0 is not told by powers of ten', () => {
  expect(ofConstant(8.3e-7)).toBe('less than 0.01 % of a constant’s loss');
  expect(ofConstant(0.00095)).toBe('0.095 % of a constant’s loss');
});

it('steps that are too long: whether lower rates were tried, and do not help either', () => {
  const series = trace.series.map((one) =>
    one.metric === 'ratio_to_weight' ? { ...one, values: one.values.map(() => 42) } : one,
  );
  const tried = [0.01, 0.1].map((factor) => ({
    ...{ factor, steps: 10, loss_ratio: 1.2, own_ratio: 1.3, validation_ratio: null },
  }));
  const long = /^An update of \w+ is 42 times as large as its weights in the median: each .* learned\./;
  expect(told('update_ratio', { ...trace, series, rate_trials: tried })).toMatch(
    new RegExp(
      `${long.source} At 0\\.01 times the learning rate it is not learned in 10 steps either, nor at 0\\.1 times in 10\\.$`,
    ),
  );
  expect(told('update_ratio', { ...trace, series })).toMatch(new RegExp(`${long.source}$`));
});

it('inputs that are all 0 are told as such', () => {
  const zero = { ...trace, data: { ...trace.data, input_rms: 0 } };
  expect(told('unscaled_inputs', zero)).toMatch(/^All inputs are 0, so that no sample differs from another/);
});

it('layers that a stop of the gradient freezes: which stop, and what is left to the others', async () => {
  const parsed = parseExperiment({
    network: {
      input: { shape: [2] },
      layers: [
        { type: 'dense', units: 4, activation: 'tanh' },
        { type: 'dense', units: 3, activation: 'tanh' },
        { type: 'stop_gradient' },
        { type: 'dense', units: 2 },
      ],
    },
    data: { type: 'circles', samples: 100, noise: 0.05 },
    training: { loss: 'softmax_cross_entropy', optimizer: 'sgd', steps: 20 },
  });
  if (!parsed.ok) throw new Error(JSON.stringify(parsed.error));
  const frozen = await train(parsed.value.experiment, 0);
  if (!frozen.ok) throw new Error(frozen.error.code);
  expect(told('unchanged_parameters', frozen.value, parsed.value.experiment)).toMatch(
    /^The weights of dense_1, dense_2 stayed .*: they lie before stop_gradient_1, which .* weights as they were drawn/,
  );
});

it.each([
  [0.28, 'found'],
  [0.22, 'clear'],
])('inference mode that is worse by %s of a constant’s loss: %s', (gap, status) => {
  const measured = trace.modes.at(-1);
  if (measured === undefined) throw new Error('the modes were not measured');
  const learned = { ...measured.training, loss: 0.2 * trace.constant_loss };
  const inference = { ...learned, loss: learned.loss + gap * trace.constant_loss };
  const apart = { ...trace, modes: [{ ...measured, training: learned, inference }] };
  const check = diagnose(experiment, [apart]).find(({ rule }) => rule === 'inference_mismatch');
  expect(check?.status).toBe(status);
});

it('units that are dead in several layers: the least and the most of them', () => {
  const passes = [0, 20, 40].flatMap((step) => [
    { step, layer: 'dense_1', units: 8, dead_units: 5, saturated_units: null, dead: null, saturated: null },
    { step, layer: 'dense_2', units: 8, dead_units: 8, saturated_units: null, dead: null, saturated: null },
  ]);
  const dead = { ...trace, unit_passes: passes } as unknown as Trace;
  expect(told('dead_units', dead)).toMatch(/^62\.5 % to 100 % of the units of dense_1, dense_2/);
});
