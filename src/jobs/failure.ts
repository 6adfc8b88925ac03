/** @file Why a job can fail without a fault of ours: what is checked once it runs, and what its client is told. */
import { type Experiment, parseExperiment } from '../experiment/index.ts';

/** Why a job fails that is no fault of ours, as its client is told. */
export class JobFailure extends Error {
  override name = 'JobFailure';
  readonly code: string;
  constructor(code: string, detail: string) {
    super(detail);
    this.code = code;
  }
}

/**
 * With the defaults of this version filled in, which the one that accepted it may not have known. For a thread: of a long text it
 * takes seconds.
 * @throws JobFailure experiment_outdated
 */
export function experimentOf(experiment: unknown): Experiment {
  const parsed = parseExperiment(experiment);
  if (parsed.ok) return parsed.value.experiment;
  const [first] = parsed.error;
  const detail = `This version of the service does not take the experiment any more: ${first?.pointer}: ${first?.message}. Post it again.`;
  throw new JobFailure('experiment_outdated', detail);
}

/** The driver of PostgreSQL reads bytes as text of twice their number, and a string has no more than 512 MiB. */
const MAX_STORED_BYTES = 240 * 2 ** 20;

/** A remedy can make a network larger than the one that was admitted. @throws JobFailure trace_too_large */
export function checkSize({ byteLength }: Uint8Array): void {
  if (byteLength <= MAX_STORED_BYTES) return;
  const detail =
    'A training has recorded more than can be stored: raise diagnostics.probe_every or use fewer steps.';
  throw new JobFailure('trace_too_large', detail);
}
