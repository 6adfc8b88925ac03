/** @file The short form of the heavy requests of `npm run test:fuzz`. */
import { afterAll, expect, it } from 'vitest';
import { killAll } from '../faults/server_process.ts';
import { boundRequests } from '../fuzz/bounds.ts';
import { heavyFaults, sendHeavy } from '../fuzz/heavy.ts';

afterAll(killAll);

it('requests as heavy as the schemas allow hold up nobody', async () => {
  const results = await sendHeavy('short');
  expect(heavyFaults(results, { quiet: false })).toEqual([]);
  // Refused, they would be no burden.
  expect(results.flatMap(({ jobs }) => jobs)).toContain('succeeded');
});

it('the search comes to the bounds of layers, data, training, names, searches, webhooks, traces and activations', () => {
  const names = Array.from(boundRequests(10_000), ({ name }) => name).join('\n');
  for (const part of [
    '(dense)/units=65536',
    '/training/steps=',
    '/metadata: ',
    '/metadata/n: 500 characters',
    '/activations: 200 items',
    '/design/',
    '/webhook',
    '(moons)/samples=',
    '/traces: 16 items',
    '/depth=1000',
  ])
    expect(names).toContain(part);
});
