/** @file What comes together is done together; what comes meanwhile, right after. */
import { expect, it } from 'vitest';
import { gather } from '../../../src/util/gather.ts';

it('does at once what comes at once, and together what comes meanwhile', async () => {
  const calls: { readonly items: readonly string[]; end(error?: Error): void }[] = [];
  const hand = gather<string>((items) => {
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    calls.push({ items, end: (error) => (error === undefined ? resolve() : reject(error)) });
    return promise;
  });
  const first = [hand('a'), hand('b')];
  await expect.poll(() => calls.length).toBe(1);
  const second = [hand('c'), hand('d')].map((promise) => promise.catch((error: Error) => error.message));
  calls[0]?.end();
  await Promise.all(first);
  await expect.poll(() => calls.length).toBe(2);
  calls[1]?.end(new Error('no'));
  // Whoever went with it hears of a failure; what comes after is begun all the same.
  expect(await Promise.all(second)).toEqual(['no', 'no']);
  const third = hand('e');
  await expect.poll(() => calls.length).toBe(3);
  calls[2]?.end();
  await third;
  expect(calls.map(({ items }) => items)).toEqual([['a', 'b'], ['c', 'd'], ['e']]);
});
