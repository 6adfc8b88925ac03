/** @file One step that wrecks a training: a real one, whose norms and losses then jump between two probes. */
import { beforeAll, describe, expect, it } from 'vitest';
import { type Check, diagnose, rootCauseOf } from '../../../src/diagnosis/index.ts';
import { type Experiment, parseExperiment } from '../../../src/experiment/index.ts';
import type { Trace } from '../../../src/statistics/index.ts';
import { train } from '../../../src/training/index.ts';

let experiment: Experiment;
let calm: Trace;

beforeAll(async () => {
  const parsed = parseExperiment({
    network: {
      input: { shape: [2] },
      layers: [
        { type: 'dense', units: 8, activation: 'tanh' },
        { type: 'dense', units: 8, activation: 'tanh' },
        { type: 'dense', units: 2 },
      ],
    },
    data: { type: 'moons', samples: 100, noise: 0.1 },
    training: { loss: 'softmax_cross_entropy', optimizer: { type: 'sgd', learning_rate: 0.05 }, steps: 60 },
  });
  if (!parsed.ok) throw new Error(JSON.stringify(parsed.error));
  experiment = parsed.value.experiment;
  const result = await train(experiment, 0);
  if (!result.ok) throw new Error(result.error.code);
  calm = result.value;
});

const STEP = 31;
/** @param after the loss from the jump on, in units of a constant's */
function jumped(times: number, after: number): Trace {
  const loss = calm.constant_loss;
  return {
    ...calm,
    gradient_norms: calm.gradient_norms.map((norm, step) => (step === STEP ? times * norm : norm)),
    data_losses: calm.data_losses.map((_, step) => (step > STEP ? after : 0.95) * loss),
    final: { ...calm.final, data_loss: after * loss, accuracy: 0.5 },
  };
}
const checksOf = (trace: Trace): Check[] => diagnose(experiment, [trace]);
const exploded = (trace: Trace) => checksOf(trace).find(({ rule }) => rule === 'exploding_gradient');

describe('a gradient that jumps at one step', () => {
  it('is what wrecked the training where the loss stays up from there on', () => {
    const checks = checksOf(jumped(200, 3));
    const check = checks.find(({ rule }) => rule === 'exploding_gradient');
    expect(check).toMatchObject({ status: 'found', severity: 'critical', first_step: STEP, caused_by: [] });
    expect(check?.explanation).toMatch(/^At step 31 the gradient's norm is .* times its mean until then/);
    expect(rootCauseOf(checks)).toBe('exploding_gradient');
  });

  it('explains a gradient that was faint before it', () => {
    const faint = jumped(200, 3);
    const series = faint.series.map((one) =>
      one.layer === 'dense_1' && one.tensor === 'output_gradient' && one.metric === 'rms'
        ? { ...one, values: one.values.map((value) => 1e-6 * value) }
        : one,
    );
    const checks = checksOf({ ...faint, series });
    expect(checks.find(({ rule }) => rule === 'vanishing_gradient')?.caused_by).toEqual([
      'exploding_gradient',
    ]);
  });

  it('does no harm where the loss comes down again', () => {
    expect(exploded(jumped(200, 0.94))?.status).toBe('clear');
  });

  it('is no jump where other steps are as long', () => {
    expect(exploded(jumped(5, 3))?.status).toBe('clear');
  });
});
