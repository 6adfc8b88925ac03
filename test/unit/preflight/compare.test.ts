/** @file What makes comparisons of formulas fast changes no result. */
import { expect, it } from 'vitest';
import { resolveActivation } from '../../../src/network/index.ts';
import { activationTheory } from '../../../src/preflight/theory/activation_theory.ts';
import { compareActivations } from '../../../src/preflight/theory/compare.ts';

it('the second moment at the same q asks nothing more of the curve', () => {
  const activation = resolveActivation({ expression: 'tanh(x) + 0.125 * sin(3 * x)' });
  let calls = 0;
  const curve = (x: number) => {
    calls++;
    return (activation.curve as NonNullable<typeof activation.curve>)(x);
  };
  const theory = activationTheory({ ...activation, curve });
  calls = 0;
  const square = theory?.mean_square(0.7);
  expect(calls).toBeGreaterThan(50);
  const once = calls;
  const slope = theory?.slope_square(0.7);
  expect(calls).toBe(once);
  expect([square, slope].every((value) => value !== undefined && value > 0)).toBe(true);
});

it('growth by the same factor is followed to where the curve is no longer straight', () => {
  const [straight, bent] = ['x', 'x + relu(x - 1000)'].map((expression) => {
    const [compared] = compareActivations([{ expression }], 1000);
    const range = compared?.gradient_range.find(({ weight_variance }) => weight_variance === 2);
    return Math.log2(range?.ratio ?? Number.NaN);
  });
  // √2 a layer, until q is 10¹⁵⁰ after 499 layers.
  expect(straight).toBeCloseTo(249.5, 6);
  // Followed layer by layer: the bend is met where q is near 10⁵.
  expect(bent).toBeCloseTo(249.856_188_302_3, 6);
});
