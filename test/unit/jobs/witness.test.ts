/** @file Who may call another worker dead: only who has seen the database for a whole lease. */
import { beforeEach, expect, it } from 'vitest';
import { createWitness, type Witness } from '../../../src/jobs/witness.ts';

const LEASE_MS = 20_000;
const POLL_MS = 5000;

let time = 0;
let witness: Witness;
beforeEach(() => {
  time = 1000;
  witness = createWitness(LEASE_MS, () => time);
});

const answers = (milliseconds: number) => {
  for (let passed = 0; passed < milliseconds; passed += POLL_MS) {
    time += POLL_MS;
    witness.answered();
  }
};

it('is not at its start, which may lie behind an outage, and is as long as the database answers', () => {
  expect(witness.reliable).toBe(false);
  answers(LEASE_MS - POLL_MS);
  expect(witness.reliable).toBe(false);
  answers(POLL_MS);
  expect(witness.reliable).toBe(true);
  answers(60_000);
  expect(witness.reliable).toBe(true);
});

it('is not while the database is away, and for a lease after it came back', () => {
  answers(30_000);
  time += 30_000;
  expect(witness.reliable).toBe(false);
  witness.answered();
  expect(witness.reliable).toBe(false);
  answers(LEASE_MS - POLL_MS);
  expect(witness.reliable).toBe(false);
  answers(POLL_MS);
  expect(witness.reliable).toBe(true);
});

it('forgives an answer that was late', () => {
  answers(30_000);
  time += LEASE_MS / 2;
  witness.answered();
  expect(witness.reliable).toBe(true);
});
