/** @file Random expressions: ONNX Runtime against float64, derivative rules against differences. */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { Graph } from '../../../src/graph/index.ts';
import { present } from '../../../src/util/assert.ts';
import { differences, STEP } from '../../reference/differences.ts';
import { evaluate } from '../../reference/evaluate.ts';
import { draw, ordinary } from './draws.ts';
import { differentiate, graphOf, runOnnx, type Values } from './harness.ts';
import { buildProgram, INPUT_SHAPES, programs } from './programs.ts';

const distance = (a: Float64Array, b: Float64Array) =>
  a.reduce((most, x, i) => Math.max(most, Math.abs(x - (b[i] as number))), 0);
const largest = (a: Float64Array) => distance(a, new Float64Array(a.length));

/**
 * The differences of an input, or null where they do not agree with those of a smaller step: a kink lies within reach,
 * or the function is too curved to be a witness. Decided without looking at any derivative rule.
 */
function witness(graph: Graph, feeds: Values, name: string): Float64Array | null {
  const wide = differences(graph, 'loss', feeds, name);
  const narrow = differences(graph, 'loss', feeds, name, STEP / 3);
  return distance(wide, narrow) <= 1e-8 * (1 + largest(narrow)) ? narrow : null;
}

/**
 * In parts of 1 + the largest element, because values and losses are about 1 and gradients may cancel to 0. Of float32,
 * a dozen steps of several roundings (6e-8 each) are left, amplified by the slopes between them.
 */
const EXACT = 1e-6;
const FLOAT32 = 1e-4;

function expectNear(actual: Float64Array, expected: Float64Array, tolerance: number, what: string): void {
  expect(actual.every(Number.isFinite), `${what} is finite`).toBe(true);
  expect(distance(actual, expected), what).toBeLessThanOrEqual(tolerance * (1 + largest(expected)));
}

test('values, and gradients of every input', async () => {
  const gradients = { checked: 0, skipped: 0 };
  const check = async (program: Parameters<typeof buildProgram>[2], seed: number) => {
    const feeds: Values = new Map(INPUT_SHAPES.map((shape, i) => [`x${i}`, draw(shape, ordinary, seed, i)]));
    const graph = graphOf(INPUT_SHAPES, (g, ...xs) => {
      feeds.set('weights', differentiate(g, buildProgram(g, xs, program), xs));
    });
    const exact = evaluate(graph, feeds);
    const measured = await runOnnx(graph, feeds);
    expectNear(present(measured.get('y')), present(exact.get('y')), FLOAT32, 'y');
    INPUT_SHAPES.forEach((_, i) => {
      const name = `gradient of x${i}`;
      const [rule, differenced] = [present(exact.get(name)), witness(graph, feeds, `x${i}`)];
      gradients[differenced === null ? 'skipped' : 'checked']++;
      if (differenced === null) return;
      expectNear(rule, differenced, EXACT, `${name} by rule`);
      expectNear(present(measured.get(name)), rule, FLOAT32, `${name} on ONNX Runtime`);
    });
  };
  await fc.assert(fc.asyncProperty(programs, fc.nat(), check), { numRuns: Number(process.env.RUNS ?? 150) });
  // Of kinks there are few: a test that skips much would show nothing.
  expect(gradients.skipped).toBeLessThan(gradients.checked / 4);
});
