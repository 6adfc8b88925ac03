/** @file Derivatives without calculus: central differences of the float64 evaluator. */
import type { Graph } from '../../src/graph/index.ts';
import { present } from '../../src/util/assert.ts';
import { evaluate } from './evaluate.ts';

/**
 * With five points the truncation error is h⁴f⁽⁵⁾/30 and the rounding error about 2⁻⁵²·|f|/h: h = 1e-3 puts both near
 * 1e-13 for functions whose values and derivatives are about 1. Inputs must be 2h or more away from kinks.
 */
export const STEP = 1e-3;

/** f′ = (8(f(x+h) − f(x−h)) − (f(x+2h) − f(x−2h))) / 12h */
const STENCIL = [
  [1, 8],
  [-1, -8],
  [2, -1],
  [-2, 1],
] as const;

/** ∂output/∂x for every element of the input `name`. `output` is a scalar of the graph. */
export function differences(
  graph: Graph,
  output: string,
  feeds: ReadonlyMap<string, Float64Array>,
  name: string,
  step = STEP,
): Float64Array {
  const x = present(feeds.get(name), name);
  const valueAt = (element: number, change: number): number => {
    const moved = new Map(feeds).set(name, x.with(element, (x[element] as number) + change));
    return present(evaluate(graph, moved, [output]).get(output)?.[0], output);
  };
  return x.map((_, element) => {
    const sum = STENCIL.reduce(
      (total, [steps, weight]) => total + weight * valueAt(element, steps * step),
      0,
    );
    return sum / (12 * step);
  });
}
