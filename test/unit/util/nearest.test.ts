/** @file What is suggested for an unknown word, and what is not. */
import { expect, it } from 'vitest';
import { nearest } from '../../../src/util/nearest.ts';

it.each([
  ['ReLU', ['elu', 'relu', 'gelu'], 'relu'],
  ['SGD', ['adam', 'sgd'], 'sgd'],
  ['FOo', ['foo', 'FOO', 'Fo'], 'FOO'],
  ['Foo', ['FOO', 'foo'], 'foo'],
  ['activaton', ['activation'], 'activation'],
  ['ab', ['xy'], null],
  ['x', ['y', 'id'], null],
  ['lr', ['l2', 'steps'], null],
  ['page', ['name', 'limit'], null],
  ['tahn', ['tanh'], 'tanh'],
  ['dens', ['dense'], 'dense'],
  ['', ['a'], null],
  ['a', [], null],
] as const)('%s', (word, known, expected) => {
  expect(nearest(word, known)).toBe(expected);
});
