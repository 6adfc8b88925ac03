/** @file A record that PostgreSQL's driver could not read back fails the job, with the way out of it. */
import { expect, it } from 'vitest';
import { checkSize, JobFailure } from '../../../src/jobs/failure.ts';

/** Of so many bytes, without them. */
const encoded = (byteLength: number) => ({ byteLength }) as Uint8Array;

it('takes a record of 240 MiB and no larger one', () => {
  checkSize(encoded(240 * 2 ** 20));
  const check = () => checkSize(encoded(240 * 2 ** 20 + 1));
  expect(check).toThrow(JobFailure);
  expect(check).toThrow('raise diagnostics.probe_every');
});
