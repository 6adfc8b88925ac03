/** @file Reads the numbers that a job holds inline, beside the event loop: of a long text it takes seconds. */
import { unpackText } from '../util/packed_text.ts';
import { threadProgram } from '../util/programs.ts';
import { fail, ok, type Result } from '../util/result.ts';
import type { Sealed } from '../util/sealed.ts';
import { experimentOf, JobFailure } from './failure.ts';
import { sealedOf } from './packing.ts';
import { createTaskPool } from './pool.ts';

export interface NumbersTask {
  /** As it was accepted: JSON, by `packText`. */
  readonly experiment: Uint8Array;
}

/** By their hash; in memory that threads share. */
export type NumbersResult = Result<
  ReadonlyMap<string, Sealed>,
  { readonly code: string; readonly detail: string }
>;

/** In the thread. */
export function numbersOf({ experiment }: NumbersTask): NumbersResult {
  try {
    return ok(sealedOf(experimentOf(JSON.parse(unpackText(experiment)))));
  } catch (error) {
    if (error instanceof JobFailure) return fail({ code: error.code, detail: error.message });
    throw error;
  }
}

export interface NumberReader {
  /** @throws JobFailure experiment_outdated */
  read(experiment: Uint8Array): Promise<ReadonlyMap<string, Sealed>>;
  close(): Promise<void>;
}

export function createNumberReader(): NumberReader {
  const pool = createTaskPool<NumbersTask, NumbersResult>(threadProgram('numbers.worker'));
  return {
    async read(experiment) {
      const result = await pool.run({ experiment });
      if (result.ok) return result.value;
      throw new JobFailure(result.error.code, result.error.detail);
    },
    close: () => pool.close(),
  };
}
