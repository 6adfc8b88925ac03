/** @file A cancel ends a training wherever it is: before its data, in its preparation, in every pass, and leaves no session. */
import { expect, it } from 'vitest';
import { type Experiment, parseExperiment } from '../../src/experiment/index.ts';
import { sessionsInUse } from '../../src/graph/index.ts';
import { type TrainOptions, train } from '../../src/training/index.ts';

const dense = { type: 'dense', units: 8, activation: 'relu', kernel_initializer: 'lsuv' };
const canceled = { ok: false, error: { code: 'canceled' } };

/** Takes every way that a training can: LSUV, validation, dead units, ranks, signal to noise, sharpness, recall. */
function parse(changes: Record<string, unknown> = {}): Experiment {
  const parsed = parseExperiment({
    network: { input: { shape: [2] }, layers: [dense, dense, { type: 'dense', units: 2 }] },
    data: { type: 'moons', samples: 100 },
    training: { loss: 'softmax_cross_entropy', optimizer: 'sgd', batch_size: 16, steps: 4 },
    diagnostics: { probe_every: 1 },
    ...changes,
  });
  if (!parsed.ok) throw new Error(JSON.stringify(parsed.error));
  return parsed.value.experiment;
}

/** A training that is told to end when it asks for the k-th time, counted from 1. */
async function cancelAt(k: number, experiment = parse(), options: TrainOptions = {}) {
  let asked = 0;
  const result = await train(experiment, 0, { ...options, isCanceled: () => ++asked >= k });
  return { asked, result };
}

const callsOf = async (experiment: Experiment): Promise<number> => {
  const { asked, result } = await cancelAt(Number.POSITIVE_INFINITY, experiment);
  expect(result.ok).toBe(true);
  return asked;
};

it('ends at whichever question is answered with a cancel, asks no further, and releases its sessions', async () => {
  const calls = await callsOf(parse());
  // Sessions are counted for the whole thread, which other test files use too: what they hold is no leak of a training.
  const before = sessionsInUse();
  let most = 0;
  // LSUV's is given back before the training's and the evaluator's are opened.
  await train(parse(), 0, { onLoss: () => (most = Math.max(most, sessionsInUse())) });
  expect(most - before).toBe(2);
  for (let k = 1; k <= calls; k++) {
    expect(await cancelAt(k, parse(), { keepWeights: true }), `question ${k}`).toEqual({
      asked: k,
      result: canceled,
    });
    expect(sessionsInUse(), `question ${k}`).toBe(before);
  }
  expect(await cancelAt(calls + 1)).toMatchObject({ asked: calls, result: { ok: true } });
});

it('gives the same Trace whether somebody can cancel or not', async () => {
  const alone = await train(parse(), 0, { keepWeights: true });
  const { result } = await cancelAt(Number.POSITIVE_INFINITY, parse(), { keepWeights: true });
  expect(result).toEqual(alone);
});

it('does not even load the data where it is canceled from the start', async () => {
  // Data that do not fit the network: loading them is a broken invariant.
  const { network, ...rest } = parse();
  const unfit = { ...rest, network: { ...network, input: { dtype: 'float32' as const, shape: [3] } } };
  await expect(train(unfit, 0)).rejects.toThrow('does not fit');
  expect(await cancelAt(1, unfit)).toEqual({ asked: 1, result: canceled });
});

it('asks before every chunk of every pass over the data', async () => {
  const training = { loss: 'softmax_cross_entropy', optimizer: 'sgd', batch_size: 16, steps: 1 };
  const of = (samples: number) =>
    callsOf(parse({ data: { type: 'moons', samples, validation_split: 0 }, training }));
  // Two chunks of 256 more in each of two passes, before and after the training: losses, dead units and recall share them.
  expect((await of(1024)) - (await of(512))).toBe(2 * 2);
});

it('asks at every step, at both gradients of every power iteration, and at every batch of the noise', async () => {
  const stepping = (steps: number, optimizer: string, batch_size: number) =>
    callsOf(
      parse({
        network: { input: { shape: [2] }, layers: [{ type: 'dense', units: 2 }] },
        training: { loss: 'softmax_cross_entropy', optimizer, batch_size, steps },
        diagnostics: { probe_every: 100 },
      }),
    );
  const base = await stepping(4, 'adam', 16);
  expect((await stepping(9, 'adam', 16)) - base).toBe(5);
  // Sharpness is of gradient descent only: eight iterations.
  expect((await stepping(4, 'sgd', 16)) - base).toBe(8 * 2);
  // Signal and noise are told from 256/16 batches, or from 256/8.
  expect((await stepping(4, 'adam', 8)) - base).toBe(32 - 16);
});

it('asks at every vector of an orthogonal kernel, which takes minutes where it is large', async () => {
  const wide = (units: number) =>
    callsOf(
      parse({
        network: {
          input: { shape: [2] },
          layers: [
            { type: 'dense', units: 40 },
            { type: 'dense', units, kernel_initializer: 'orthogonal' },
            { type: 'dense', units: 2 },
          ],
        },
      }),
    );
  expect((await wide(30)) - (await wide(20))).toBe(10);
});
