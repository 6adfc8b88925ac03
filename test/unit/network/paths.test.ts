/** @file What lies behind a layer: by the ways through the network, whatever the order of the list. */
import { expect, test } from 'vitest';
import { layersBehind } from '../../../src/network/index.ts';

const behind = (layers: Parameters<typeof layersBehind>[0]) =>
  Object.fromEntries(
    [...layersBehind(layers)].map(([name, reached]) => [name, [...reached].sort().join('')]),
  );

test('two branches do not lie behind each other', () => {
  const layers = [
    { name: 'a', inputs: ['input'] },
    { name: 'b', inputs: ['a'] },
    { name: 'c', inputs: ['a'] },
    { name: 'd', inputs: ['b', 'c'] },
  ];
  expect(behind(layers)).toEqual({ a: 'abcd', b: 'bd', c: 'cd', d: 'd' });
});

test('of a layer that holds others, those and what comes after; without inputs the list is a chain', () => {
  const holding = [
    { name: 'a', inputs: ['input'] },
    { name: 'r', inputs: ['a', 'i'] },
    { name: 'i', inputs: ['a'] },
    { name: 'z', inputs: ['r'] },
  ];
  expect(behind(holding)).toEqual({ a: 'airz', r: 'rz', i: 'irz', z: 'z' });
  expect(behind([{ name: 'a' }, { name: 'b' }])).toEqual({ a: 'ab', b: 'b' });
});
