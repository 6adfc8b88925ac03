/** @file Values that are lent: shared while they are in use, kept for a while after, destroyed once, and never while in use. */
import { describe, expect, test } from 'vitest';
import { Lending } from '../../../src/graph/lending.ts';

function workshop({ maxIdle = 2, maxIdleCost = 100 } = {}) {
  const made: string[] = [];
  const destroyed: string[] = [];
  const lending = new Lending<string>({
    maxIdle,
    maxIdleCost,
    destroy: async (value) => void destroyed.push(value),
  });
  const borrow = (key: string, cost = 1) =>
    lending.borrow(key, cost, async () => {
      made.push(key);
      return key;
    });
  return { made, destroyed, borrow, lending };
}

describe('a value', () => {
  test('is made once for all who ask at once and after', async () => {
    const { made, borrow } = workshop();
    const [first, second] = await Promise.all([borrow('a'), borrow('a')]);
    expect(first.value).toBe(second.value);
    await first.giveBack();
    await second.giveBack();
    await borrow('a');
    expect(made).toEqual(['a']);
  });

  test('stays while somebody uses it, however many others come and go', async () => {
    const { destroyed, borrow } = workshop({ maxIdle: 0 });
    const used = await borrow('a');
    const also = await borrow('a');
    await also.giveBack();
    await (await borrow('b')).giveBack();
    expect(destroyed).toEqual(['b']);
    await used.giveBack();
    expect(destroyed).toEqual(['b', 'a']);
  });

  test('that was not used for longest goes first', async () => {
    const { destroyed, borrow, made } = workshop();
    for (const key of ['a', 'b', 'a', 'c', 'a']) await (await borrow(key)).giveBack();
    expect(destroyed).toEqual(['b']);
    await (await borrow('b')).giveBack();
    expect(made).toEqual(['a', 'b', 'c', 'b']);
    expect(destroyed).toEqual(['b', 'c']);
  });

  test('that costs more than all may together is not kept, and sends nobody else away', async () => {
    const { destroyed, borrow } = workshop();
    await (await borrow('small', 60)).giveBack();
    await (await borrow('large', 101)).giveBack();
    expect(destroyed).toEqual(['large']);
  });

  test('is destroyed once when several are given back at once', async () => {
    const { destroyed, borrow } = workshop({ maxIdle: 0 });
    const loans = await Promise.all(['a', 'b', 'c', 'd'].map((key) => borrow(key)));
    await Promise.all(loans.map((loan) => loan.giveBack()));
    expect(destroyed.toSorted()).toEqual(['a', 'b', 'c', 'd']);
  });

  test('that cannot be made is tried again', async () => {
    const { lending, borrow, made } = workshop();
    await expect(
      lending.borrow('a', 1, async () => {
        throw new Error('no memory');
      }),
    ).rejects.toThrow('no memory');
    await borrow('a');
    expect(made).toEqual(['a']);
  });
});
