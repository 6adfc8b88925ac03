/** @file Every rule that the service knows, causes before symptoms. A new one is a file beside this and a line here. */
import type { Rule } from '../rule.ts';
import { deadUnits } from './dead_units.ts';
import { explodingGradient } from './exploding_gradient.ts';
import { lossNotDecreasing } from './loss_not_decreasing.ts';
import { nonFiniteValues } from './non_finite_values.ts';
import { saturatedUnits } from './saturated_units.ts';
import { vanishingGradient } from './vanishing_gradient.ts';

export const rules: readonly Rule[] = [
  vanishingGradient,
  explodingGradient,
  nonFiniteValues,
  deadUnits,
  saturatedUnits,
  lossNotDecreasing,
];
