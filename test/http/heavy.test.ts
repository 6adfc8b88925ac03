/** @file The short form of the heavy requests of `npm run test:fuzz`. */
import { afterAll, expect, it } from 'vitest';
import { killAll } from '../faults/server_process.ts';
import { boundRequests } from '../fuzz/bounds.ts';
import { heavyFaults, sendHeavy } from '../fuzz/heavy.ts';

afterAll(killAll);

it('requests as heavy as the schemas allow hold up nobody', { timeout: 300_000 }, async () => {
  const results = await sendHeavy('short');
  expect(heavyFaults(results, { quiet: false })).toEqual([]);
  // Refused, they would be no burden.
  expect(results.flatMap(({ jobs }) => jobs)).toContain('succeeded');
});

it('the search comes to the bounds of layers, data, training, traces and activations', () => {
  const names = [...boundRequests()].map(({ name }) => name).join('\n');
  for (const part of [
    '(dense)/units=65536',
    '/training/steps=',
    '(moons)/samples=',
    '/traces: 16 items',
    '/depth=1000',
  ])
    expect(names).toContain(part);
});
