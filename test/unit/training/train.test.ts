/** @file Whole trainings: reproducible, unchanged by probing, ended by divergence and by cancel. */
import { describe, expect, it } from 'vitest';
import { type Experiment, parseExperiment } from '../../../src/experiment/index.ts';
import type { Trace } from '../../../src/statistics/index.ts';
import { train } from '../../../src/training/index.ts';
import { decodeSafetensors, type NamedTensor } from '../../../src/util/safetensors.ts';

const request = (changes: Record<string, unknown> = {}) => ({
  network: {
    input: { shape: [2] },
    layers: [
      { type: 'dense', units: 8 },
      { type: 'batch_norm' },
      { type: 'activation', activation: { type: 'prelu' } },
      { type: 'dropout', rate: 0.3 },
      { type: 'residual', layers: [{ type: 'dense', units: 6, activation: 'gelu' }] },
      { type: 'gaussian_noise', stddev: 0.1 },
      { type: 'dense', units: 2 },
    ],
  },
  data: { type: 'moons', samples: 100 },
  training: {
    loss: 'softmax_cross_entropy',
    optimizer: 'adam',
    batch_size: 16,
    steps: 30,
    gradient_clipping: { type: 'global_norm', max_norm: 0.5 },
    regularization: { l1: 1e-4, l2: 1e-3 },
  },
  ...changes,
});

function parse(changes: Record<string, unknown> = {}): Experiment {
  const parsed = parseExperiment(request(changes));
  if (!parsed.ok) throw new Error(JSON.stringify(parsed.error));
  return parsed.value.experiment;
}

async function run(
  experiment: Experiment,
  seed = 3,
): Promise<{ trace: Trace; weights: Map<string, NamedTensor> }> {
  const result = await train(experiment, seed, { keepWeights: true });
  if (!result.ok) throw new Error(result.error.code);
  const decoded = decodeSafetensors(result.value.weights?.final ?? new Uint8Array());
  if (!decoded.ok) throw new Error(decoded.error);
  return { trace: result.value, weights: decoded.value };
}

const seriesOf = (trace: Trace, layer: string | null, tensor: string | null, metric: string) =>
  trace.series.find((s) => s.layer === layer && s.tensor === tensor && s.metric === metric);

describe('train', () => {
  it('gives the same bits with every step probed, every tenth, and none', async () => {
    const [every, tenth, off] = await Promise.all(
      [1, 10, 0].map((probe_every) => run(parse({ diagnostics: { probe_every } }))),
    );
    // Ten parameters and the two running averages.
    expect(every?.weights.size).toBe(12);
    expect(tenth?.weights).toEqual(every?.weights);
    expect(off?.weights).toEqual(every?.weights);
    expect(off?.trace.series).toEqual([]);
    expect(off?.trace.losses).toEqual(every?.trace.losses);
  });

  it('is reproducible, and another seed is another training', async () => {
    const [first, again, other] = [await run(parse()), await run(parse()), await run(parse(), 4)];
    expect(again.trace).toEqual(first.trace);
    expect(other.weights).not.toEqual(first.weights);
  });

  it('measures step k before update k: step 0 is the first gradient, at the initial weights', async () => {
    const quiet = {
      network: {
        input: { shape: [2] },
        layers: [
          { type: 'dense', units: 4, activation: 'tanh' },
          { type: 'dense', units: 2 },
        ],
      },
      data: { type: 'moons', samples: 50, validation_split: 0, shuffle: false },
      training: {
        loss: 'softmax_cross_entropy',
        optimizer: 'sgd',
        batch_size: 50,
        steps: 3,
        regularization: { l2: 0.01 },
      },
      diagnostics: { probe_every: 1 },
    };
    const { trace } = await run(parse(quiet));
    const loss = seriesOf(trace, null, null, 'loss');
    expect([...(loss?.steps ?? [])]).toEqual([0, 1, 2]);
    // The same samples in training and inference mode; float32 sums in another order.
    expect(loss?.values[0]).toBeCloseTo(trace.initial.loss, 6);
    expect(trace.initial.penalty).toBeGreaterThan(0);
    // w ← w − lr·g: the update is −0.01 times the gradient, up to the rounding of the weights.
    const gradient = seriesOf(trace, 'dense_2', 'kernel.gradient', 'l2_norm')?.values[0] as number;
    const update = seriesOf(trace, 'dense_2', 'kernel.update', 'l2_norm')?.values[0] as number;
    expect(update / gradient / 0.01).toBeCloseTo(1, 3);
  });

  it('takes epochs of the training split instead of steps', async () => {
    const training = { loss: 'softmax_cross_entropy', optimizer: 'sgd', batch_size: 16, epochs: 2 };
    // 80 training samples: 2 · 80 / 16 = 10 steps.
    expect((await run(parse({ training }))).trace.steps_completed).toBe(10);
  });

  it('ends where numbers stop being finite, and says where that began', async () => {
    const layers = [
      {
        type: 'repeat',
        times: 4,
        layers: [
          {
            type: 'dense',
            units: 8,
            activation: 'exponential',
            kernel_initializer: { type: 'constant', value: 3 },
          },
        ],
      },
      { type: 'dense', units: 2 },
    ];
    const { trace } = await run(parse({ network: { input: { shape: [2] }, layers } }));
    expect(trace.divergence).toMatchObject({ step: 0, tensor: 'output', direction: 'forward', value: 'inf' });
    expect(trace.divergence?.layer).toMatch(/^dense_[23]$/);
    expect(trace.steps_completed).toBe(0);
    const layer = trace.divergence?.layer as string;
    expect(seriesOf(trace, layer, 'output', 'non_finite_count')?.values[0]).toBeGreaterThan(0);
  });

  it('reports gradients of 1e-22 as they are', async () => {
    const layers = [
      { type: 'repeat', times: 36, layers: [{ type: 'dense', units: 8, activation: 'sigmoid' }] },
      { type: 'dense', units: 2 },
    ];
    const { trace } = await run(parse({ network: { input: { shape: [2] }, layers } }));
    const rms = seriesOf(trace, 'dense_1', 'output_gradient', 'rms')?.values[0] as number;
    expect(rms).toBeGreaterThan(1e-30);
    expect(rms).toBeLessThan(1e-18);
  });

  it('stops within one step of a cancel', async () => {
    let asked = 0;
    const result = await train(parse(), 0, { isCanceled: () => ++asked > 5 });
    expect(result).toEqual({ ok: false, error: { code: 'canceled' } });
    expect(asked).toBe(6);
  });
});
