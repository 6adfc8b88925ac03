/** @file Windows that lie side by side are cut without steps; the gradient of their largest goes to the first of equal ones. */
import { expect, test } from 'vitest';
import {
  calculus as c,
  createSession,
  GraphBuilder,
  gradients,
  type Tensor,
} from '../../../src/graph/index.ts';
import { largest, largestOfAll } from '../../../src/network/layers/pooling.ts';
import type { WindowOptions } from '../../../src/network/layers/window.ts';

const options = (length: number, stride: number): WindowOptions => ({
  ...{ window: [length, length], stride: [stride, stride], dilation: [1, 1], padding: 'valid' },
});

/** Steps of the slices that a graph takes. */
const stepsOf = (build: (g: GraphBuilder) => Tensor): Set<unknown> => {
  const g = new GraphBuilder();
  g.output('y', build(g));
  const slices = g.finish().nodes.filter(({ operator }) => operator === 'Slice');
  return new Set(slices.map(({ attributes }) => 'step' in attributes && attributes.step));
};

test('no slice has steps where windows lie side by side, whatever is left over', () => {
  for (const size of [4, 5, 6, 7]) {
    for (const length of [2, 3]) {
      const pool = (g: GraphBuilder) => largest(g, g.input('x', [2, 3, size, size]), options(length, length));
      expect(stepsOf(pool), `${size}, ${length}`).toEqual(new Set([1]));
    }
    expect(stepsOf((g) => largestOfAll(g, g.input('x', [2, 3, size])))).toEqual(new Set([1]));
  }
  expect(stepsOf((g) => largest(g, g.input('x', [2, 3, 5, 5]), options(3, 2)))).toContain(2);
});

test('the gradient goes to the first of equal elements, row by row; nothing to those left over', async () => {
  const g = new GraphBuilder();
  const x = g.input('x', [1, 1, 3, 5]);
  const y = largest(g, x, options(2, 2));
  g.output('y', y);
  g.output('dx', gradients(g, c.total(g, y), [x])[0] as Tensor);
  const session = await createSession(g.finish());
  session.input('x').set([1, 2, 7, 7, 9, 2, 1, 7, 7, 9, 8, 8, 8, 8, 8]);
  await session.run();
  expect([...session.output('y')]).toEqual([2, 7]);
  expect([...session.output('dx')]).toEqual([0, 1, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0]);
  await session.release();
});
