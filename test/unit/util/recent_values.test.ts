/** @file What is kept of values that take long to make. */
import { expect, it } from 'vitest';
import { RecentValues } from '../../../src/util/recent_values.ts';

function counting(most: number) {
  const made: string[] = [];
  const values = new RecentValues<string>(most);
  const get = (key: string) =>
    values.get(
      key,
      () => {
        made.push(key);
        return `value of ${key}`;
      },
      (value) => (value.endsWith('large') ? 10 : 1),
    );
  return { made, get };
}

it('makes a value once, and gives each key its own', () => {
  const { made, get } = counting(3);
  expect([get('a'), get('b'), get('a')]).toEqual(['value of a', 'value of b', 'value of a']);
  expect(made).toEqual(['a', 'b']);
});

it('forgets what was asked for the longest ago', () => {
  const { made, get } = counting(2);
  for (const key of ['a', 'b', 'a', 'c', 'a', 'b']) get(key);
  expect(made).toEqual(['a', 'b', 'c', 'b']);
});

it('keeps nothing that costs more than everything may, and goes on after it', () => {
  const { made, get } = counting(2);
  for (const key of ['a', 'large', 'large', 'b', 'b']) get(key);
  expect(made).toEqual(['a', 'large', 'large', 'b']);
});

it('keeps nothing where making fails', () => {
  const values = new RecentValues<number>(2);
  const fails = () => {
    throw new Error('not today');
  };
  expect(() => values.get('a', fails, () => 1)).toThrow('not today');
  expect(
    values.get(
      'a',
      () => 7,
      () => 1,
    ),
  ).toBe(7);
});
