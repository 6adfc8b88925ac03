/** @file Every loss: its slope against differences of its graph in float64, its best constant against all others; and schedules. */
import { describe, expect, it } from 'vitest';
import { GraphBuilder } from '../../../src/graph/index.ts';
import { lossKind, scheduleKind, smoothed } from '../../../src/network/index.ts';
import { evaluate } from '../../reference/evaluate.ts';

type Loss = ReturnType<typeof lossKind.resolve>;

type Rows = readonly (readonly number[])[];

/** The loss of each position in float64, from one graph for all of them. */
function lossesOf(loss: Loss, predictions: Rows, targets: Rows): number[] {
  const g = new GraphBuilder();
  const shape = [predictions.length, (predictions[0] ?? []).length];
  const [p, t] = [g.input('p', shape), g.input('t', shape)];
  g.output('losses', loss.build(g, p, t));
  const values = evaluate(
    g.finish(),
    new Map([
      ['p', Float64Array.from(predictions.flat())],
      ['t', Float64Array.from(targets.flat())],
    ]),
  );
  const losses = values.get('losses') as Float64Array;
  const width = losses.length / predictions.length;
  return predictions.map((_, i) =>
    losses.subarray(i * width, (i + 1) * width).reduce((sum, x) => sum + x, 0),
  );
}

const lossOf = (loss: Loss, prediction: readonly number[], target: readonly number[]): number =>
  lossesOf(loss, [prediction], [target])[0] as number;

/** The mean loss of each constant prediction over these targets. */
function meanLosses(loss: Loss, constants: Rows, targets: Rows): number[] {
  const losses = lossesOf(
    loss,
    constants.flatMap((constant) => targets.map(() => constant)),
    constants.flatMap(() => targets),
  );
  return constants.map((_, i) =>
    losses
      .slice(i * targets.length, (i + 1) * targets.length)
      .reduce((sum, x) => sum + x / targets.length, 0),
  );
}

/** A prediction that the loss can read, and a target. */
function exampleOf({ target, output, type }: Loss): { prediction: number[]; target: number[] } {
  const prediction =
    output === 'probabilities' ? [0.2, 0.7, 0.1] : type === 'poisson' ? [0.4, 2.1, 5] : [-0.3, 1.7, 0.6];
  if (type === 'kl_divergence') return { prediction, target: [0.5, 0.2, 0.3] };
  return { prediction, target: target === 'values' ? [1, 0, 2] : [0, 1, 0] };
}

/** As float32 has it, too. */
const SMOOTHED = 0.25;
const smoothable = lossKind.types.filter((type) => lossKind.resolve(type).smoothing !== null);

describe.each([
  ...lossKind.types.map((type) => [type, 0] as const),
  ...smoothable.map((type) => [type, SMOOTHED] as const),
])('%s, smoothed by %d', (type, amount) => {
  const loss = smoothed(lossKind.resolve(type), amount);

  it('has the slope that its graph has', () => {
    const { prediction, target } = exampleOf(loss);
    const step = 1e-6;
    loss.slope(prediction, target).forEach((slope, j) => {
      const [ahead, behind] = [step, -step].map((by) =>
        lossOf(loss, prediction.with(j, (prediction[j] as number) + by), target),
      ) as [number, number];
      expect(slope).toBeCloseTo((ahead - behind) / 2 / step, 4);
    });
  });

  it('has a best constant that no other constant beats', () => {
    const column = loss.target === 'values' ? [0.3, 0.1, 0.6, 0.2, 0.9] : [0, 1, 1, 0, 1];
    const weights = column.map(() => 1 / column.length);
    const best = loss.constant(column, weights, 2);
    expect(loss.least(column, weights, 2)).toBeLessThan(best);
    if (loss.target === 'classes') {
      const entropy = -0.6 * Math.log(0.6) - 0.4 * Math.log(0.4);
      if (!type.includes('focal') && amount === 0) expect(best).toBeCloseTo(entropy, 9);
      const of = (p: number) => (loss.output === 'logits' ? [Math.log(1 - p), Math.log(p)] : [1 - p, p]);
      const constants = Array.from({ length: 999 }, (_, i) => of((i + 1) / 1000));
      const labels = column.map((label) => [1 - label, label]);
      const least = Math.min(...meanLosses(loss, constants, labels));
      expect(best).toBeLessThanOrEqual(least + 1e-9);
      expect(best).toBeGreaterThan(least - 1e-6);
      return;
    }
    // The divergence is of whole distributions: a single output of it has no least value.
    if (type === 'kl_divergence') {
      expect(best).toBeCloseTo(
        column.reduce((sum, t) => sum + (t * Math.log(t / 0.42)) / 5, 0),
        9,
      );
      return;
    }
    const grid = Array.from({ length: 4001 }, (_, i) =>
      // The best mask may be as sure as it can be.
      loss.output === 'logits' ? (i - 2000) / (loss.whole ? 100 : 500) : Math.min(1, (i + 1) / 4000),
    );
    const least = Math.min(
      ...meanLosses(
        loss,
        grid.map((p) => [p]),
        column.map((t) => [t]),
      ),
    );
    expect(best).toBeLessThanOrEqual(least + 1e-9);
    expect(best).toBeGreaterThan(least - 1e-5);
  });
});

describe('the best constant mask', () => {
  const rows = [
    [1, 1, 0, 0, 0, 1],
    [1, 0, 0, 1, 0, 0],
    [1, 1, 0, 0, 0, 0],
    [0, 1, 0, 0, 0, 0],
  ];
  it.each(['dice', 'iou'])('of %s is the best of all masks of 0 and 1, or a softer one', (type) => {
    const loss = lossKind.resolve({ type, smooth: 0.1 } as never);
    const best = loss.wholeConstant?.(rows, [6]) ?? Number.NaN;
    const all = Array.from({ length: 64 }, (_, code) =>
      Array.from({ length: 6 }, (__, j) => (code >> j) & 1),
    );
    expect(best).toBeLessThanOrEqual(Math.min(...meanLosses(loss, all, rows)) + 1e-9);
    expect(best).toBeGreaterThan(0.2);
  });

  it('of several channels is the mean of theirs', () => {
    const loss = lossKind.resolve({ type: 'dice' } as never);
    const two = rows.map((row) => [...row, ...row.toReversed()]);
    const one = loss.wholeConstant?.(rows, [6]) as number;
    expect(loss.wholeConstant?.(two, [2, 2, 3])).toBeCloseTo(one, 9);
  });

  it('with cross-entropy is no better than both by themselves', () => {
    const [alone, both] = [0, 1].map((cross_entropy) =>
      lossKind.resolve({ type: 'sigmoid_dice', cross_entropy } as never).wholeConstant?.(rows, [6]),
    ) as [number, number];
    const shares = [0.75, 0.75, 0, 0.25, 0, 0.25];
    const entropy = shares.reduce(
      (sum, p) => sum - (p === 0 ? 0 : p * Math.log(p) + (1 - p) * Math.log(1 - p)) / 6,
      0,
    );
    expect(both).toBeGreaterThanOrEqual(alone + entropy - 1e-9);
    expect(both).toBeLessThan(alone + 2 * entropy + 0.2);
  });
});

describe('inverse_square_root', () => {
  it('falls with the root of the step, and goes on where a warm-up of its timescale ends', () => {
    const context = { totalSteps: 1000, stepsPerEpoch: 10 };
    const alone = scheduleKind.resolve({ type: 'inverse_square_root', timescale: 50 }).create(context);
    expect(alone.factor(0)).toBe(1);
    expect(alone.factor(150)).toBeCloseTo(0.5, 12);
    const warmed = scheduleKind
      .resolve({
        type: 'linear_warmup',
        warmup_steps: 50,
        after: { type: 'inverse_square_root', timescale: 50 },
      })
      .create(context);
    // Vaswani et al. 2017: min(k⁻½, k · 50⁻¹·⁵), k from 1, over its largest value.
    for (const k of [1, 10, 50, 51, 200, 900])
      expect(warmed.factor(k - 1)).toBeCloseTo(Math.min(k / 50, Math.sqrt(50 / Math.max(1, k - 1))), 2);
  });
});
