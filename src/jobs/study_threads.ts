/**
 * @file The threads that plan studies. Loading its program takes a thread a third of a second of a core, which many a study does not take
 * itself: a thread goes on to the next one. Between two of them it holds nothing of the first but what caches hold by content.
 */
import type { MessagePort } from 'node:worker_threads';
import type { SearchOptions } from '../study/index.ts';
import { NICE } from '../util/nice.ts';
import { threadProgram } from '../util/programs.ts';
import { createThreads } from '../util/threads.ts';
import { YOUNG_HEAP_MIB } from '../util/young_heap.ts';

/** Planning takes a thread for each study, and memory. */
export const MOST_STUDIES = 4;

/** One that idles is worth its memory for so long. */
const IDLE_MS = 30_000;

/** What a thread is given to begin with. */
export interface StudyTask {
  /** As it was accepted: JSON, by `packText`. */
  readonly experiment: Uint8Array;
  /** Null for a study. */
  readonly search: SearchOptions | null;
  /** One Int32; 1 once the time is over. */
  readonly outOfTime: Int32Array;
  /** To the one that follows the study; the thread closes it. */
  readonly port: MessagePort;
}

export interface StudyThreads {
  /**
   * In a thread that does nothing else meanwhile.
   * @param signal ends the thread, whatever it does
   */
  run(task: StudyTask, signal: AbortSignal): Promise<void>;
  /** Ends them at once. */
  close(): Promise<void>;
}

export function createStudyThreads(idleMs = IDLE_MS): StudyThreads {
  const threads = createThreads({
    filename: threadProgram('study.worker').href,
    niceIncrement: NICE.study,
    minThreads: 0,
    maxThreads: MOST_STUDIES,
    concurrentTasksPerWorker: 1,
    idleTimeout: idleMs,
    resourceLimits: { maxYoungGenerationSizeMb: YOUNG_HEAP_MIB },
  });
  return {
    run: (task, signal) => threads.run(task, { transferList: [task.port], signal }),
    close: () => threads.destroy(),
  };
}
