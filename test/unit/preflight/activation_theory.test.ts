/** @file Moments, gains and edges of chaos of activations, against closed forms and published values. */
import { describe, expect, it } from 'vitest';
import { type ActivationConfig, resolveActivation } from '../../../src/network/index.ts';
import { applyElementwise } from '../../../src/network/propagation/elementwise.ts';
import { expectations } from '../../../src/network/propagation/expectations.ts';
import { compareActivations } from '../../../src/preflight/index.ts';
import { activationTheory } from '../../../src/preflight/theory/activation_theory.ts';

const theoryOf = (config: unknown) => {
  const theory = activationTheory(resolveActivation(config as ActivationConfig));
  if (theory === null) throw new Error('not elementwise');
  return theory;
};

describe('moments', () => {
  it.each([
    ['relu', 'softplus(1e6 * x) / 1e6'],
    [{ type: 'leaky_relu', negative_slope: 0.2 }, 'x * (0.2 + 0.8 * sigmoid(1e6 * x))'],
    ['hard_tanh', 'tanh(x) * 0 + max(min(x, 1), -1)'],
    ['relu6', 'tanh(x) * 0 + min(relu(x), 6)'],
  ])('of %j agree in closed form and by quadrature', (config, expression) => {
    for (const q of [0.01, 1, 30]) {
      const [exact, integrated] = [theoryOf(config), theoryOf({ expression })];
      // The first two are smoothed over 1e-6.
      expect(integrated.mean_square(q)).toBeCloseTo(exact.mean_square(q), 4);
      expect(integrated.slope_square(q)).toBeCloseTo(exact.slope_square(q), 4);
    }
  });

  it('of the sine are (1 ∓ e^(−2q))/2', () => {
    for (const q of [0.1, 1, 4]) {
      expect(theoryOf('sine').mean_square(q)).toBeCloseTo((1 - Math.exp(-2 * q)) / 2, 10);
      expect(theoryOf('sine').slope_square(q)).toBeCloseTo((1 + Math.exp(-2 * q)) / 2, 10);
    }
  });

  it('of many variances are interpolated to 1e-3 of the values computed one by one', () => {
    const normals = Array.from({ length: 32 }, (_, i) => ({ mean: 0, variance: 0.05 * 1.2 ** i }));
    const tanh = resolveActivation('tanh');
    expectations(tanh, normals)?.forEach((found, i) => {
      const alone = expectations(tanh, normals.slice(i, i + 1))?.[0];
      expect(found.square / (alone?.square ?? 0)).toBeCloseTo(1, 3);
      expect(found.slope_square / (alone?.slope_square ?? 0)).toBeCloseTo(1, 3);
    });
  });

  it('of pairs are the arc-cosine kernels for relu', () => {
    const relu = resolveActivation('relu');
    for (const c of [-0.9, 0, 0.5, 0.9, 0.99, 0.999]) {
      const gram = Float64Array.of(1, c, c, 1);
      const found = applyElementwise(relu, { samples: 2, shape: [8], gram, mean: new Float64Array(2) });
      const angle = Math.acos(c);
      // Cho & Saul 2009, orders 1 and 0.
      const value = (Math.sin(angle) + (Math.PI - angle) * c) / (2 * Math.PI);
      expect(found?.output.gram[1]).toBeCloseTo(value, 3);
      expect(found?.slopes[1]).toBeCloseTo((Math.PI - angle) / (2 * Math.PI), 2);
    }
  });
});

describe('edge of chaos', () => {
  it.each([
    // Exact: half of the inputs pass.
    ['relu', 2, 0],
    ['tanh', 1, 0],
    ['sine', 1, 0],
    ['linear', 1, 0],
    // Roberts, Yaida & Hanin 2022, The principles of deep learning theory, section 5.3.
    ['gelu', 1.98305826, 0.17292239],
  ])('of %s', (name, weights, biases) => {
    const { weight_variance, bias_variance } = theoryOf(name).edge_of_chaos;
    expect(weight_variance).toBeCloseTo(weights, 5);
    expect(bias_variance).toBeCloseTo(biases, 4);
  });

  it('is said to be missing with a reason', () => {
    expect(theoryOf('exponential').edge_of_chaos).toMatchObject({ weight_variance: null });
    expect(theoryOf('exponential').edge_of_chaos.note).not.toBe('');
  });
});

describe('gain and depth', () => {
  it('of relu at σ_w² = 1 is 1/2: e-folds of 1/ln 2 layers', () => {
    expect(theoryOf('relu').slope_square(1)).toBeCloseTo(0.5, 12);
    expect(theoryOf('relu').depth_scale(1, 0)).toBeCloseTo(1 / Math.LN2, 6);
    expect(theoryOf('relu').depth_scale(2, 0)).toBe(Number.POSITIVE_INFINITY);
  });

  it('of the sigmoid is E σ′² = 0.0448', () => {
    expect(theoryOf('sigmoid').slope_square(1)).toBeCloseTo(0.04484, 5);
  });

  it('are compared with curve, saturation and dead zone', () => {
    const [sigmoid, relu, softmax, own] = compareActivations(
      ['sigmoid', 'relu', 'softmax', { expression: 'max(x, 0)' }],
      20,
    );
    expect(sigmoid).toMatchObject({ dead_zone: false, saturation: { low: expect.any(Number) } });
    expect(sigmoid?.gradient_range[0]?.ratio).toBeLessThan(1e-12);
    expect(relu?.dead_zone).toBe(true);
    const atTwo = relu?.gradient_range.filter(({ weight_variance }) => Math.abs(weight_variance - 2) < 1e-6);
    expect(atTwo?.map(({ edge_of_chaos }) => edge_of_chaos).sort()).toEqual([false, true]);
    for (const { ratio } of atTwo ?? []) expect(ratio).toBeCloseTo(1, 6);
    expect(softmax?.theory).toBeNull();
    expect(own?.theory?.edge_of_chaos).toEqual(relu?.theory?.edge_of_chaos);
  });
});
