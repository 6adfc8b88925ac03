/**
 * @file The examples, as whole studies on real worker threads: what must be found, cured, and left alone. In short: with a
 * smaller budget for remedies, sequences of half the length, and one seed and half the steps where nothing is wrong with a large
 * network; `npm run test:long` runs them as they are.
 */
import { applyPatch } from 'rfc6902';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { rules } from '../../src/diagnosis/index.ts';
import type { Report } from '../../src/study/index.ts';
import { readExample, startTestService, type TestService } from '../http/service.ts';
import { isLong } from '../long.ts';

/** @param seconds of two cores for its remedies: enough to verify some, to run controls, and to prove a recommendation */
function shortened(name: string, seconds: number, seeds = 2, changes = {}): Record<string, unknown> {
  const example = readExample(name);
  if (isLong) return example;
  return { ...example, ...changes, remedies: { seeds, min_duration_s: seconds } };
}

/** Half as long, half as many samples, fewer and smaller steps: the plain layer forgets all the same. */
function shorterSequences(): Record<string, unknown> {
  const { network, data, training } = readExample('vanishing-rnn') as Record<string, object>;
  return {
    network: { ...network, input: { shape: [20, 2] } },
    data: { ...data, length: 20, samples: 1000 },
    training: { ...training, batch_size: 32, steps: 300 },
  };
}

let service: TestService;

beforeAll(async () => {
  service = await startTestService();
});
afterAll(() => service.close());

async function study(experiment: unknown): Promise<Report> {
  const job = await service.finish(experiment);
  expect(job.status).toBe('succeeded');
  return (await (await service.get(`/v1/jobs/${job.id}/result`)).json()) as Report;
}

const found = (report: Report) =>
  report.checks
    .filter(({ status, severity }) => status === 'found' && severity !== 'info')
    .map(({ rule }) => rule);

const verified = (report: Report) =>
  report.remedies
    .filter(({ verification }) => verification.status === 'verified')
    .map(({ remedy }) => remedy);

/** What is smaller and verified, but not recommended, failed on seeds of its own or reaches less. */
function expectReasons({ recommendation, remedies, failed_proofs }: Report): void {
  if (recommendation === null) throw new Error('nothing is recommended');
  const size = ({ effort }: Report['remedies'][number]) =>
    ['setting', 'initializer', 'activation', 'architecture'].indexOf(effort);
  const [recommended] = remedies.filter(({ remedy }) => remedy === recommendation.remedies[0]);
  const { best_proven, margin } = recommendation.goal;
  const limit = Number(best_proven) + Math.max(margin.absolute, margin.relative * Number(best_proven));
  expect(recommendation.goal.reached).toBeLessThanOrEqual(limit);
  for (const row of remedies) {
    if (row.verification.status !== 'verified' || recommended === undefined) continue;
    if (recommendation.remedies.length === 1 && size(row) >= size(recommended)) continue;
    const treated = (row.verification.effects[0]?.treated ?? []) as number[];
    const reached = treated.reduce((sum, value) => sum + value, 0) / treated.length;
    const failed = failed_proofs.some((proof) => proof.remedies.join() === row.remedy);
    const sick = row.verification.introduced.length > 0 || row.remedy === recommended.remedy;
    expect([row.remedy, failed || sick || reached > limit * 0.99]).toEqual([row.remedy, true]);
  }
  for (const { seeds, found: rulesFound } of failed_proofs) {
    expect(rulesFound.length).toBeGreaterThan(0);
    for (const seed of seeds) expect(recommendation.seeds).not.toContain(seed);
  }
}

/** The patch leads to the recommended experiment, and that one, posted again, is healthy. */
async function expectCured(report: Report): Promise<void> {
  const { recommendation } = report;
  // A short budget may end before anything comes near the reference, or is proven on three seeds, which is then said.
  if (isLong) expect(report.recommendation_note).toBeNull();
  else expect(report.recommendation_note ?? 'The reference').toMatch(/^(The reference|It is proven on)/);
  const patched = structuredClone(report.experiment);
  expect(
    applyPatch(patched, (recommendation?.patch ?? []) as Parameters<typeof applyPatch>[1]).every(
      (error) => error === null,
    ),
  ).toBe(true);
  expect(patched).toEqual(recommendation?.experiment);
  const again = await study(recommendation?.experiment);
  expect(again.verdict).toBe('healthy');
  expect(again.remedies).toEqual([]);
}

describe('examples', () => {
  it('deep-sigmoid: vanishing gradients in the first layers, cured', async () => {
    const report = await study(shortened('deep-sigmoid', 8, 3));
    expect(found(report)).toContain('vanishing_gradient');
    const check = report.checks.find(({ rule }) => rule === 'vanishing_gradient');
    expect(check?.layers.slice(0, 3)).toEqual(['dense_1', 'dense_2', 'dense_3']);
    expect(check?.layers).not.toContain('dense_12');
    // The textbook's cures of a deep sigmoid network: another activation, or a normalization. Which of them are re-trained on all
    // seeds follows from a third of the steps on one seed.
    const textbook = /^(use_(relu|leaky_relu|elu|selu|silu|gelu)|add_batch_norm|add_residual_connections)$/;
    expect(verified(report).filter((remedy) => textbook.test(remedy)).length).toBeGreaterThanOrEqual(2);
    expectReasons(report);
    for (const { verification } of report.controls) expect(verification.status).not.toBe('verified');
    const file = await service.get(`/v1/jobs/${report.job_id}/report`);
    expect((await file.arrayBuffer()).byteLength).toBeLessThan(1_000_000);
    await expectCured(report);
  });

  it('exploding-large-init: exploding gradients and where numbers overflow, cured', async () => {
    const report = await study(shortened('exploding-large-init', 2));
    expect(found(report)).toEqual(expect.arrayContaining(['exploding_gradient']));
    for (const { verification } of report.controls) expect(verification.status).not.toBe('verified');
    await expectCured(report);
  });

  it('dead-relu: dead units, cured; dropout, the textbook’s remedy, is not verified', async () => {
    const report = await study(shortened('dead-relu', 4));
    expect(found(report)).toContain('dead_units');
    expect(verified(report)).toContain('reinitialize_weights');
    expect(verified(report)).not.toContain('add_dropout');
    await expectCured(report);
  });

  it('vanishing-rnn: gradients vanish on the way back through time; gated units cure it', async () => {
    const report = await study(shortened('vanishing-rnn', 6, 2, shorterSequences()));
    const check = report.checks.find(({ rule }) => rule === 'vanishing_gradient');
    expect(check).toMatchObject({ status: 'found', layers: ['simple_rnn_1'] });
    const gated = verified(report).filter((remedy) => remedy === 'use_lstm' || remedy === 'use_gru');
    expect(gated.length).toBeGreaterThan(0);
    for (const { verification } of report.controls) expect(verification.status).not.toBe('verified');
    await expectCured(report);
  });

  it.each([
    ['healthy-relu', 3, 1],
    ['custom-activation', 1, 1],
    ['resnet', 1, 0.5],
    ['lstm-classifier', 1, 1],
    ['transformer-pre-norm', 1, 0.5],
    ['transformer-post-norm', 1, 1],
  ] as const)('%s: healthy, no remedy is run', async (name, seeds, share) => {
    const example = readExample(name);
    const { training } = example as { training: { steps: number } };
    const shorter = {
      training: { ...training, steps: share * training.steps },
      diagnostics: { ...(example.diagnostics as object), seeds },
    };
    const report = await study(isLong ? example : { ...example, ...shorter });
    expect(report.verdict).toBe('healthy');
    expect(report.remedies).toEqual([]);
    expect(report.recommendation).toBeNull();
    expect(report.checks).toHaveLength(rules.length);
    for (const check of report.checks) {
      if (check.status === 'not_evaluable') expect(check.explanation).not.toBe('');
      else expect(check.evidence.length).toBeGreaterThan(0);
    }
  });

  it('digits-mlp, without verification: saturated units on real images', async () => {
    const report = await study({
      ...readExample('digits-mlp'),
      remedies: { verify: false },
      diagnostics: { seeds: isLong ? 3 : 1 },
    });
    expect(found(report)).toContain('saturated_units');
    expect(report.remedies.length).toBeGreaterThan(0);
    for (const { verification } of report.remedies) expect(verification.status).toBe('not_run');
  });
});
