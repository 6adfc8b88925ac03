/** @file Both moments of a layer come from one quadrature. */
import { expect, it } from 'vitest';
import { resolveActivation } from '../../../src/network/index.ts';
import { activationTheory } from '../../../src/preflight/theory/activation_theory.ts';

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
