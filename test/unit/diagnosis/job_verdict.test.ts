/** @file The verdict of a job where too little was measured, by real trainings. */
import { expect, it } from 'vitest';
import { diagnose, verdictOfJob } from '../../../src/diagnosis/index.ts';
import { parseExperiment } from '../../../src/experiment/index.ts';
import { train } from '../../../src/training/index.ts';

async function trained(probe_every: number) {
  const parsed = parseExperiment({
    network: {
      input: { shape: [2] },
      layers: [
        { type: 'dense', units: 16, activation: 'tanh' },
        { type: 'dense', units: 16, activation: 'tanh' },
        { type: 'dense', units: 2 },
      ],
    },
    data: { type: 'moons', samples: 300, noise: 0.1 },
    training: { loss: 'softmax_cross_entropy', optimizer: { type: 'adam', learning_rate: 0.02 }, steps: 200 },
    diagnostics: { probe_every },
  });
  if (!parsed.ok) throw new Error(JSON.stringify(parsed.error));
  const { experiment } = parsed.value;
  const result = await train(experiment, 0);
  if (!result.ok) throw new Error(result.error.code);
  return { experiment, trace: result.value };
}

it('is inconclusive where nothing was probed, and says which rules need it and how', async () => {
  const { experiment, trace } = await trained(0);
  const { verdict, to_measure } = verdictOfJob(diagnose(experiment, [trace]), [trace]);
  expect(verdict).toBe('inconclusive');
  expect(to_measure).toContain('vanishing_gradient: measure the training, `diagnostics.probe_every`: 10');
  expect(to_measure).toContain('exploding_gradient: measure the training, `diagnostics.probe_every`: 10');
});

it('is healthy where the same training was probed', async () => {
  const { experiment, trace } = await trained(10);
  const answer = verdictOfJob(diagnose(experiment, [trace]), [trace]);
  expect(answer).toEqual({ verdict: 'healthy', to_measure: [] });
});

it('is inconclusive where the loss stands half-way and no rule tells why', async () => {
  const { experiment, trace } = await trained(10);
  const loss = 0.8 * trace.constant_loss;
  const still = {
    ...trace,
    data_losses: new Float64Array(trace.data_losses.length).fill(loss),
    final: { ...trace.final, data_loss: loss, accuracy: 0.55 },
  };
  const { verdict, to_measure } = verdictOfJob(diagnose(experiment, [still]), [still]);
  expect(verdict).toBe('inconclusive');
  expect(to_measure[0]).toMatch(/stands at 0\.8 of a constant/);
});

it('is inconclusive where not even the reference learns, and says that the data are to be looked at', async () => {
  const { experiment, trace } = await trained(10);
  const untold = {
    ...trace,
    data_losses: new Float64Array(trace.data_losses.length).fill(trace.constant_loss),
    final: { ...trace.final, data_loss: trace.constant_loss, accuracy: 0.5 },
    reference: { kind: 'dense', training_ratio: 1, validation_ratio: 1.01, validation_samples: 60 } as const,
  };
  const { verdict, to_measure } = verdictOfJob(diagnose(experiment, [untold]), [untold]);
  expect(verdict).toBe('inconclusive');
  expect(to_measure).toEqual([expect.stringMatching(/neither this network nor a plain one/)]);
});

it('is inconclusive where only the samples that are trained on get better, and the reference learns nothing of others', async () => {
  const { experiment, trace } = await trained(10);
  const still_falling = trace.data_losses.map(
    (_, i) => (1 - (0.3 * i) / trace.data_losses.length) * trace.constant_loss,
  );
  const memorized = {
    ...trace,
    data_losses: still_falling,
    losses: still_falling,
    final: { ...trace.final, data_loss: 0.7 * trace.constant_loss, accuracy: 0.55 },
    reference: { kind: 'dense', training_ratio: 0.4, validation_ratio: 1.2, validation_samples: 60 } as const,
  };
  const { verdict, to_measure } = verdictOfJob(diagnose(experiment, [memorized]), [memorized]);
  expect(verdict).toBe('inconclusive');
  expect(to_measure).toEqual([expect.stringMatching(/comes to 0\.7 of a constant’s .* by heart/)]);
});

it('does not call data unlearnable after a reference that was shortened and still learned', async () => {
  const { experiment, trace } = await trained(10);
  const reference = { kind: 'dense', training_ratio: 0.97, validation_ratio: 0.98, validation_samples: 60 };
  const untold = (more: { seen?: number; still_falls?: boolean }) => ({
    ...trace,
    data_losses: new Float64Array(trace.data_losses.length).fill(trace.constant_loss),
    final: { ...trace.final, data_loss: trace.constant_loss, accuracy: 0.5 },
    reference: { ...reference, ...more },
  });
  const severityOf = (one: ReturnType<typeof untold>) =>
    diagnose(experiment, [one]).find(({ rule }) => rule === 'loss_not_decreasing')?.severity;
  expect(severityOf(untold({}))).toBe('info');
  expect(severityOf(untold({ seen: 0.4, still_falls: false }))).toBe('info');
  expect(severityOf(untold({ seen: 0.4, still_falls: true }))).toBe('critical');
});
