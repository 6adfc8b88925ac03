/** @file Whole trainings: reproducible, unchanged by probing, ended by divergence. */
import { describe, expect, it } from 'vitest';
import { type Experiment, parseExperiment } from '../../src/experiment/index.ts';
import type { Trace } from '../../src/statistics/index.ts';
import { train } from '../../src/training/index.ts';
import { decodeSafetensors, type NamedTensor } from '../../src/util/safetensors.ts';

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

  it('evaluates a network that is costly for each sample in smaller chunks, to the same loss', async () => {
    const trained = async (units: number) => {
      const dense = { type: 'dense', units, activation: 'tanh' };
      const experiment = parse({
        network: { input: { shape: [4] }, layers: [dense, dense, { type: 'dense', units: 1 }] },
        data: { type: 'teacher', samples: 300, features: 4, shuffle: false },
        training: { loss: 'mean_squared_error', optimizer: 'sgd', batch_size: 240, steps: 1 },
        diagnostics: { probe_every: 0 },
      });
      let asked = 0;
      const result = await train(experiment, 0, { isCanceled: () => ++asked < 0 });
      if (!result.ok) throw new Error(result.error.code);
      return { asked, trace: result.value };
    };
    // The 240 samples of the split at once are 5.5e9 FLOPs of the one, more than one run may take, and few of the other.
    const [costly, cheap] = [await trained(3400), await trained(8)];
    expect(costly.asked).toBeGreaterThan(cheap.asked);
    // A step takes all of them at once: its loss is the other witness, to the rounding of float32.
    for (const { initial, losses } of [costly.trace, cheap.trace])
      expect(initial.loss / (losses[0] as number)).toBeCloseTo(1, 5);
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

  it('reports gradients of 1e-30 in the first of a hundred layers as they are', async () => {
    // Diagonal kernels of ½ and no activation: every layer halves the gradient, exactly.
    const half = { type: 'dense', units: 2, kernel_initializer: { type: 'identity', gain: 0.5 } };
    const ones = { type: 'dense', units: 1, kernel_initializer: 'ones', use_bias: false };
    const { trace } = await run(
      parse({
        network: { input: { shape: [2] }, layers: [{ type: 'repeat', times: 100, layers: [half] }, ones] },
        data: { type: 'inline', inputs: [[1, 1]], targets: [4], validation_split: 0 },
        training: { loss: 'mean_squared_error', optimizer: 'sgd', batch_size: 1, steps: 1 },
        diagnostics: { probe_every: 1 },
      }),
    );
    // ∂(y − 4)²/∂y = −8 with y ≈ 2⁻⁹⁹; then 99 halvings down to the output of dense_1, whose kernel has inputs of 1.
    const expected = 8 * 0.5 ** 99;
    for (const metric of ['rms', 'abs_p50', 'abs_max', 'abs_mean']) {
      expect(seriesOf(trace, 'dense_1', 'kernel.gradient', metric)?.values[0]).toBeCloseTo(expected, 45);
      expect(seriesOf(trace, 'dense_1', 'kernel.gradient', metric)?.values[0]).toBeGreaterThan(1e-30);
    }
    expect(seriesOf(trace, 'dense_1', 'kernel.gradient', 'zero_fraction')?.values[0]).toBe(0);
  });

  it('reports the loss up to the step at which it overflows', async () => {
    // w ← w − 50.5 · 2w = −100 w: the loss is 10⁴ᵏ, and 10⁴⁰ is beyond float32.
    const { trace } = await run(
      parse({
        network: {
          input: { shape: [1] },
          layers: [{ type: 'dense', units: 1, kernel_initializer: 'ones', use_bias: false }],
        },
        data: { type: 'inline', inputs: [[1]], targets: [0], validation_split: 0 },
        training: {
          loss: 'mean_squared_error',
          optimizer: { type: 'sgd', learning_rate: 50.5 },
          batch_size: 1,
          steps: 20,
        },
        diagnostics: { probe_every: 5 },
      }),
    );
    expect(trace.divergence).toMatchObject({ step: 10, tensor: 'loss', direction: 'forward', value: 'inf' });
    expect(trace.losses).toHaveLength(11);
    for (const [k, loss] of trace.losses.subarray(0, 10).entries())
      expect(loss / 10 ** (4 * k)).toBeCloseTo(1, 5);
    expect(trace.losses[10]).toBe(Number.POSITIVE_INFINITY);
    expect(trace.steps_completed).toBe(10);
    expect([...(seriesOf(trace, null, null, 'loss')?.steps ?? [])]).toEqual([0, 5, 10]);
  });

  it.each([
    ['a batch of one', { data: { type: 'moons', samples: 20 }, batch: 1, units: 2 }],
    ['one unit', { data: { type: 'moons', samples: 20 }, batch: 4, units: 1 }],
  ])('trains %s', async (_what, { data, batch, units }) => {
    const loss = units === 1 ? 'sigmoid_cross_entropy' : 'softmax_cross_entropy';
    const { trace } = await run(
      parse({
        network: {
          input: { shape: [2] },
          layers: [
            { type: 'dense', units: 1 },
            { type: 'dense', units },
          ],
        },
        data,
        training: { loss, optimizer: 'sgd', batch_size: batch, steps: 5 },
      }),
    );
    expect(trace.steps_completed).toBe(5);
    expect(trace.losses.every(Number.isFinite)).toBe(true);
  });

  it('has nothing to learn from one class', async () => {
    const { trace } = await run(
      parse({
        network: { input: { shape: [1] }, layers: [{ type: 'dense', units: 1 }] },
        data: { type: 'inline', inputs: [[1], [2], [3]], targets: [0, 0, 0], validation_split: 0 },
        training: { loss: 'softmax_cross_entropy', optimizer: 'sgd', batch_size: 3, steps: 3 },
      }),
    );
    expect(trace.losses.every((loss) => loss === 0)).toBe(true);
    expect(trace.constant_loss).toBe(0);
  });
});
