/** @file Reads the numbers that a job holds inline, beside the event loop: of a long text it takes seconds. */
import { unpackText } from '../util/packed_text.ts';
import { threadProgram } from '../util/programs.ts';
import { fail, ok, type Result } from '../util/result.ts';
import type { Sealed } from '../util/sealed.ts';
import { type Begun, begin } from '../util/work_time.ts';
import { experimentOf, JobFailure } from './failure.ts';
import { sealedOf } from './packing.ts';
import { createTaskPool, READING_TIME, TaskTooLong } from './pool.ts';

export interface NumbersTask {
  /** As it was accepted: JSON, by `packText`. */
  readonly experiment: Uint8Array;
}

/** By their hash; in memory that threads share. */
/** As a thread gets it. */
type TimedNumbersTask = NumbersTask & { readonly begun: Begun };

export type NumbersResult = Result<
  ReadonlyMap<string, Sealed>,
  { readonly code: string; readonly detail: string }
>;

/** In the thread. */
export function numbersOf({ experiment, begun }: TimedNumbersTask): NumbersResult {
  begin(begun);
  try {
    return ok(sealedOf(experimentOf(JSON.parse(unpackText(experiment)))));
  } catch (error) {
    if (error instanceof JobFailure) return fail({ code: error.code, detail: error.message });
    throw error;
  }
}

export interface NumberReader {
  /** @throws JobFailure experiment_outdated, experiment_too_large */
  read(experiment: Uint8Array): Promise<ReadonlyMap<string, Sealed>>;
  close(): Promise<void>;
}

export function createNumberReader(time = READING_TIME): NumberReader {
  const pool = createTaskPool<NumbersTask, NumbersResult>(threadProgram('numbers.worker'), { time });
  return {
    async read(experiment) {
      const result = await pool.run({ experiment }).catch((error: unknown) => {
        if (!(error instanceof TaskTooLong)) throw error;
        const detail = `Reading its numbers takes more than ${time.cpu / 1000} s. Send them as a file.`;
        throw new JobFailure('experiment_too_large', detail);
      });
      if (result.ok) return result.value;
      throw new JobFailure(result.error.code, result.error.detail);
    },
    close: () => pool.close(),
  };
}
