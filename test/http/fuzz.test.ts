/** @file The short form of `npm run test:fuzz`. */
import { afterAll, expect, it } from 'vitest';
import { killAll } from '../faults/server_process.ts';
import { fuzz } from '../fuzz/fuzz.ts';
import { requests } from '../fuzz/requests.ts';

afterAll(killAll);

it('300 generated requests, good, nearly good and hostile: no 5xx, no leak, answers as documented', async () => {
  const { faults, statuses, foreign, afterwards } = await fuzz(20261123, 300);
  expect(faults).toEqual([]);
  expect(Object.keys(statuses)).toEqual(expect.arrayContaining(['200', '202', '400', '401', '404', '422']));
  expect(foreign).toBeGreaterThan(10);
  expect(afterwards).toBe('succeeded');
});

it('the same seed gives the same requests', () => {
  expect(requests(5, 50)).toEqual(requests(5, 50));
  expect(requests(5, 50)).not.toEqual(requests(6, 50));
});
