/** @file Tailored activations, held to what they promise: by sums over a fine grid, not by the theory that made them. */
import { describe, expect, it } from 'vitest';
import { type ActivationConfig, resolveActivation } from '../../../src/network/index.ts';
import { tailorActivation } from '../../../src/preflight/index.ts';

function curveOf(config: ActivationConfig, depth: number): (x: number) => { v: number; d: number } {
  const tailored = tailorActivation(config, depth);
  if ('reason' in tailored) throw new Error(tailored.reason);
  const { curve } = resolveActivation(tailored.activation);
  if (curve === null) throw new Error('not elementwise');
  return curve;
}

/** E f(z), z standard normal, by the trapezoid rule. */
function expectation(f: (z: number) => number): number {
  let sum = 0;
  const step = 5e-3;
  for (let z = -9; z <= 9; z += step) sum += f(z) * Math.exp((-z * z) / 2) * step;
  return sum / Math.sqrt(2 * Math.PI);
}

/** E φ(u) φ(v) of two standard normals with the cosine c. */
function cosine(curve: (x: number) => { v: number }, c: number): number {
  let sum = 0;
  const [step, s] = [0.05, Math.sqrt(1 - c * c)];
  for (let a = -7; a <= 7; a += step) {
    const { v } = curve(a);
    for (let b = -7; b <= 7; b += step)
      sum += v * curve(c * a + s * b).v * Math.exp((-a * a - b * b) / 2) * step * step;
  }
  return sum / (2 * Math.PI);
}

describe('a tailored activation', () => {
  it.each(['tanh', 'sigmoid', 'softplus', 'gelu', 'silu', 'mish'] as const)(
    '%s keeps lengths and angles, and is bent as the depth allows',
    (name) => {
      const depth = 50;
      const curve = curveOf(name, depth);
      expect(expectation((z) => curve(z).v ** 2)).toBeCloseTo(1, 3);
      // Q′(1) = E φ φ′ z.
      expect(expectation((z) => curve(z).v * curve(z).d * z)).toBeCloseTo(1, 3);
      expect(expectation((z) => curve(z).d ** 2)).toBeCloseTo(1, 3);
      const h = 1e-3;
      const bend = expectation((z) => ((curve(z + h).d - curve(z - h).d) / (2 * h)) ** 2);
      expect(bend * depth).toBeCloseTo(0.3, 2);
    },
  );

  it.each([20, 50])('leaky ReLU takes right angles to a cosine of 0.9 over %i layers', (depth) => {
    const curve = curveOf('relu', depth);
    expect(expectation((z) => curve(z).v ** 2)).toBeCloseTo(1, 3);
    let c = 0;
    for (let layer = 0; layer < depth; layer++) {
      // The next cosine lies between two of the grid, which are near enough for a straight line.
      c = cosine(curve, Math.min(0.999, c));
    }
    expect(c).toBeCloseTo(0.9, 1);
  });

  it('says where there is no solution', () => {
    const reason = (config: ActivationConfig, depth: number) => {
      const tailored = tailorActivation(config, depth);
      return 'reason' in tailored ? tailored.reason : null;
    };
    // A straight line has no curvature to give.
    expect(reason({ expression: '2 * x' }, 30)).toMatch(/no solution/);
    expect(reason('relu', 2)).toMatch(/as they are/);
    expect(reason('softmax', 30)).toMatch(/no formula/);
  });
});
