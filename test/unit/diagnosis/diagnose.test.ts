/** @file The rules on real trainings: evidence either way, thresholds of the request, causes, what cannot be evaluated. */
import { beforeAll, describe, expect, it } from 'vitest';
import { type Check, diagnose, rules, thresholdProblems, verdictOf } from '../../../src/diagnosis/index.ts';
import { type Experiment, parseExperiment } from '../../../src/experiment/index.ts';
import type { Trace } from '../../../src/statistics/index.ts';
import { train } from '../../../src/training/index.ts';

type Config = Readonly<Record<string, unknown>>;

function parse(layers: readonly Config[], changes: Config = {}): Experiment {
  const parsed = parseExperiment({
    network: { input: { shape: [2] }, layers },
    data: { type: 'moons', samples: 200 },
    training: { loss: 'softmax_cross_entropy', optimizer: { type: 'sgd', learning_rate: 0.1 }, steps: 60 },
    ...changes,
  });
  if (!parsed.ok) throw new Error(JSON.stringify(parsed.error));
  return parsed.value.experiment;
}

async function traceOf(experiment: Experiment, seed = 0): Promise<Trace> {
  const result = await train(experiment, seed);
  if (!result.ok) throw new Error(result.error.code);
  return result.value;
}

const checkOf = (checks: readonly Check[], rule: string): Check =>
  checks.find((check) => check.rule === rule) as Check;

const relu = { type: 'dense', units: 16, activation: 'relu' };
const output = { type: 'dense', units: 2 };
const dead = { ...relu, bias_initializer: { type: 'constant', value: -20 } };

describe('a network that learns', () => {
  let experiment: Experiment;
  let trace: Trace;
  beforeAll(async () => {
    experiment = parse([relu, relu, output]);
    trace = await traceOf(experiment);
  });

  it('gets an answer of every rule, with evidence also when clear, or the reason why there is none', () => {
    const checks = diagnose(experiment, [trace]);
    expect(checks.map(({ rule }) => rule)).toEqual(rules.map(({ rule }) => rule));
    for (const check of checks) {
      expect(['clear', 'not_evaluable', 'found'], check.rule).toContain(check.status);
      expect(check.explanation, check.rule).not.toBe('');
      if (check.status === 'clear') {
        expect(check.evidence.length, check.rule).toBeGreaterThan(0);
        for (const { unit, metric } of check.evidence) expect(`${metric} ${unit}`).toMatch(/\S \S/);
      }
    }
    expect(verdictOf(checks)).toBe('healthy');
  });

  it('is not evaluable where nothing was probed, and says so', async () => {
    const unprobed = parse([relu, relu, output], { diagnostics: { probe_every: 0 } });
    const checks = diagnose(unprobed, [await traceOf(unprobed)]);
    for (const { rule, needs } of rules.filter(({ needs }) => needs.includes('probed_series'))) {
      expect(checkOf(checks, rule).status, `${rule} needs ${needs}`).toBe('not_evaluable');
      expect(checkOf(checks, rule).explanation).toContain('probe_every');
    }
  });

  it('is judged by the thresholds of the request', () => {
    const limits = { diagnostics: { rules: { loss_not_decreasing: { loss_ratio: 0 } } } };
    const strict = parse([relu, relu, output], limits);
    const check = checkOf(diagnose(strict, [trace]), 'loss_not_decreasing');
    expect(check.evidence[0]?.threshold).toBe(0);
    expect(check.status).toBe('found');
  });

  it('goes on with the other rules where one fails', () => {
    const broken = { ...trace, unit_passes: null } as unknown as Trace;
    const checks = diagnose(experiment, [broken]);
    expect(checkOf(checks, 'dead_units')).toMatchObject({ status: 'error', severity: null });
    expect(checkOf(checks, 'vanishing_gradient').status).toBe('clear');
    expect(checks).toHaveLength(rules.length);
  });
});

describe('findings', () => {
  it('name layers, seeds and the cause', async () => {
    const experiment = parse([dead, dead, output]);
    const checks = diagnose(experiment, [await traceOf(experiment, 0), await traceOf(experiment, 1)]);
    const check = checkOf(checks, 'dead_units');
    expect(check).toMatchObject({ status: 'found', severity: 'critical', seeds: [0, 1], caused_by: [] });
    expect(check.layers).toEqual(['dense_1', 'dense_2']);
    expect(checkOf(checks, 'unchanged_parameters').caused_by).toContain('dead_units');
    expect(checkOf(checks, 'loss_not_decreasing').caused_by).toContain('dead_units');
  });

  it('of a minority of seeds are told, and do not make the verdict', async () => {
    const [sick, well] = [parse([dead, dead, output]), parse([relu, relu, output])];
    const traces = [await traceOf(sick), await traceOf(well, 1), await traceOf(well, 2)];
    const check = checkOf(diagnose(well, traces), 'dead_units');
    expect(check).toMatchObject({ status: 'found', severity: 'info', seeds: [0] });
  });

  it('trace copies of units back to the weights', async () => {
    const tied = { ...relu, activation: 'tanh', kernel_initializer: 'zeros' };
    const experiment = parse([tied, tied, output]);
    const trace = await traceOf(experiment);
    expect(trace.tied_units.slice(0, 2)).toMatchObject([
      { layer: 'dense_1', units: 16, tied: 16 },
      { layer: 'dense_2', units: 16, tied: 16 },
    ]);
    const healthy = await traceOf(parse([relu, relu, output]));
    expect(healthy.tied_units.every(({ tied: copies }) => copies === 0)).toBe(true);
  });

  it.each([
    ['softmax', 'softmax_cross_entropy', 'warning'],
    ['linear', 'categorical_cross_entropy', 'critical'],
    ['linear', 'softmax_cross_entropy', null],
    ['softmax', 'categorical_cross_entropy', null],
  ])('of an output %s with the loss %s: %s', async (activation, loss, severity) => {
    const training = { loss, optimizer: 'adam', steps: 20 };
    const experiment = parse([relu, { ...output, activation }], { training });
    const check = checkOf(diagnose(experiment, [await traceOf(experiment)]), 'loss_output_mismatch');
    expect(check.severity).toBe(severity);
  });
});

describe('sharpness', () => {
  it('is the largest Hessian eigenvalue: of a mean of squares, 2 Σx²/n', async () => {
    const experiment = parse([{ type: 'dense', units: 1, use_bias: false }], {
      network: { input: { shape: [1] }, layers: [{ type: 'dense', units: 1, use_bias: false }] },
      data: { type: 'inline', inputs: [[1], [2], [3]], targets: [1, 2, 3], validation_split: 0 },
      training: {
        loss: 'mean_squared_error',
        optimizer: { type: 'sgd', learning_rate: 0.01 },
        batch_size: 3,
        steps: 5,
      },
    });
    const trace = await traceOf(experiment);
    const series = trace.series.find(({ metric }) => metric === 'sharpness');
    expect(series?.values[0]).toBeCloseTo((2 * 14) / 3, 2);
    const noise = trace.series.find(({ metric }) => metric === 'gradient_signal_to_noise');
    expect(noise?.values[0]).toBe(Number.POSITIVE_INFINITY);
  });
});

describe('thresholds of a request', () => {
  const problems = (given: Config) => thresholdProblems(parse([output], { diagnostics: { rules: given } }));
  it('have to exist, and to be changeable', () => {
    expect(problems({ dead_units: { dead_unit_fraction: 0.9 } })).toEqual([]);
    expect(problems({ dead_unit: {} })).toMatchObject([
      { pointer: '/diagnostics/rules/dead_unit', fix: 'did you mean "dead_units"?' },
    ]);
    expect(problems({ dead_units: { fraction: 1 } })).toMatchObject([
      {
        pointer: '/diagnostics/rules/dead_units/fraction',
        fix: 'use one of: dead_unit_fraction, dead_output_fraction',
      },
    ]);
    expect(problems({ saturated_units: { saturated_slope: 0.1 } })).toMatchObject([
      { message: expect.stringContaining('cannot be changed') },
    ]);
  });
});
