/** @file The short form of the heavy requests of `npm run test:fuzz`. */
import { afterAll, expect, it } from 'vitest';
import { killAll } from '../faults/server_process.ts';
import { heavyFaults, SHORT, sendHeavy } from '../fuzz/heavy.ts';

afterAll(killAll);

it('requests as heavy as the schemas allow hold up nobody', { timeout: 240_000 }, async () => {
  const results = await sendHeavy(SHORT);
  expect(results).toHaveLength(SHORT);
  expect(heavyFaults(results)).toEqual([]);
});
