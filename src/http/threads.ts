/** @file The threads that do the work of requests. They compute in JavaScript alone, so that they can be ended at any time. */
import { Piscina } from 'piscina';
import { threadProgram } from '../util/programs.ts';
import { YOUNG_HEAP_MIB } from '../util/young_heap.ts';
import { HttpProblem } from './problem.ts';
import type { OptionsOf, Reading, ReadingName, ReadingResult } from './readings/index.ts';
import type { Work, WorkResult } from './work_order.ts';

export interface RequestThreads {
  /** @throws HttpProblem: the work's own, overloaded, experiment_too_large */
  run(work: Work): Promise<unknown>;
  /**
   * What is read of stored documents. In threads of their own: readers do not wait for planners.
   * @throws HttpProblem: the reading's own, overloaded
   */
  read<N extends ReadingName>(
    reading: N,
    documents: readonly Uint8Array[],
    options: OptionsOf<N>,
  ): Promise<ReadingResult<N>>;
  close(): Promise<void>;
}

/** Two, so that one request that takes long does not hold up all others. */
const THREADS = 2;
/** Beyond these, requests are told to come back. */
const MAX_WAITING = 64;
/** What takes longer is given up; also what waits longer for its turn. */
const MAX_MS = 20_000;
/** The most that a thread's heap may take. */
const MAX_HEAP_MIB = 384;
const RETRY_AFTER_S = '5';

const WORKER = threadProgram('request.worker');

const overloaded = () =>
  new HttpProblem('overloaded', 'too many requests wait for their turn', {
    headers: { 'retry-after': RETRY_AFTER_S },
  });

/** What is said where the time or the memory of a thread is not enough. */
type Exhausted = (what: 'time' | 'memory') => HttpProblem;

/** The client has sent too much. */
const tooLarge: Exhausted = (what) =>
  new HttpProblem(
    'experiment_too_large',
    what === 'time'
      ? `it cannot be worked through within ${MAX_MS / 1000} s: send something smaller`
      : 'it needs too much memory to be worked through: send something smaller',
  );

/** What is read is as it was stored, and may be asked for in parts. */
const tooLong: Exhausted = (what) =>
  new HttpProblem(
    'overloaded',
    `the ${what} that reading this may take is used up: try again, or ask for less (a run, fewer points, another format)`,
    { headers: { 'retry-after': RETRY_AFTER_S } },
  );

function problemOf(error: unknown, started: boolean, exhausted: Exhausted): unknown {
  const { name, code, message } = error as Error & { code?: string };
  if (name === 'AbortError') return started ? exhausted('time') : overloaded();
  if (code === 'ERR_WORKER_OUT_OF_MEMORY' || /out of memory/i.test(message)) return exhausted('memory');
  return /queue is at limit/i.test(message) ? overloaded() : error;
}

/** Made when the first request needs one. */
function createPool(exhausted: Exhausted) {
  let piscina: Piscina | null = null;
  const start = () =>
    new Piscina({
      filename: WORKER.href,
      minThreads: 1,
      maxThreads: THREADS,
      maxQueue: MAX_WAITING,
      idleTimeout: 60_000,
      resourceLimits: { maxOldGenerationSizeMb: MAX_HEAP_MIB, maxYoungGenerationSizeMb: YOUNG_HEAP_MIB },
    });
  return {
    async run(work: Work | Reading, transferList: ArrayBuffer[]): Promise<unknown> {
      piscina ??= start();
      const started = new Int32Array(new SharedArrayBuffer(4));
      const result: WorkResult = await piscina
        .run({ ...work, started }, { transferList, signal: AbortSignal.timeout(MAX_MS) })
        .catch((error: unknown) => {
          throw problemOf(error, Atomics.load(started, 0) === 1, exhausted);
        });
      if (result.ok) return result.value;
      const { code, detail, extra } = result.problem;
      throw new HttpProblem(code, detail, extra);
    },
    async close() {
      await piscina?.destroy();
    },
  };
}

export function createRequestThreads(): RequestThreads {
  const workers = createPool(tooLarge);
  const readers = createPool(tooLong);
  return {
    run(work) {
      // A copy of its own, which is handed over: a small body lies in memory that Node shares out.
      const body = new Uint8Array(work.body);
      return workers.run({ ...work, body }, [body.buffer]);
    },
    async read<N extends ReadingName>(reading: N, given: readonly Uint8Array[], options: OptionsOf<N>) {
      const documents = given.map((one) => new Uint8Array(one));
      const transferred = documents.map(({ buffer }) => buffer);
      return (await readers.run({ reading, documents, options }, transferred)) as ReadingResult<N>;
    },
    async close() {
      await Promise.all([workers.close(), readers.close()]);
    },
  };
}
