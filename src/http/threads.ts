/** @file The threads that do the work of requests. They compute in JavaScript alone, so that they can be ended at any time. */
import { NICE } from '../util/nice.ts';
import { threadProgram } from '../util/programs.ts';
import { createThreads, type ThreadPool } from '../util/threads.ts';
import { limitWork, notBegun } from '../util/work_time.ts';
import { YOUNG_HEAP_MIB } from '../util/young_heap.ts';
import { closing, HttpProblem } from './problem.ts';
import type { OptionsOf, Reading, ReadingName, ReadingResult } from './readings/index.ts';
import { createTurns } from './turns.ts';
import type { Work, WorkResult } from './work_order.ts';

/** As the requests of one owner see them. */
export interface RequestThreads {
  /** @throws HttpProblem: the work's own, overloaded, experiment_too_large */
  run(work: Work): Promise<unknown>;
  /**
   * Reads stored documents, in threads of their own, so that readers do not wait for planners.
   * @param load fetches them once it is the reading's turn: those of all that wait would fill the memory. They are given away
   * @throws HttpProblem: the reading's own, overloaded; and what `load` throws
   */
  read<N extends ReadingName>(
    reading: N,
    load: () => Promise<readonly Uint8Array[]>,
    options: OptionsOf<N>,
  ): Promise<ReadingResult<N>>;
}

export interface SharedThreads {
  of(owner: string): RequestThreads;
  close(): Promise<void>;
}

/** Two for one owner, so that one request that takes long does not hold up all others; and one more for somebody else. */
const THREADS = 3;
export const THREADS_OF_ONE = 2;

export interface ThreadLimits {
  /** Beyond these, requests are told to come back. */
  readonly maxWaiting: number;
  /** Work that takes a thread more CPU time is ended; so is work that waits longer for its turn. */
  readonly maxMs: number;
  /** By the clock: a busy machine gives a thread less than a core. */
  readonly maxClockMs: number;
  /** The most that the heap of a thread may take that works, and of one that reads. */
  readonly maxHeapMiB: { readonly work: number; readonly read: number };
}

/**
 * All four threads of an owner stay below a gigabyte together. The longest body of numbers takes 110 to 160 MiB to be worked
 * through, and less than 128 to be read.
 */
export const LIMITS: ThreadLimits = {
  ...{ maxWaiting: 64, maxMs: 20_000, maxClockMs: 60_000 },
  maxHeapMiB: { work: 256, read: 192 },
};
const RETRY_AFTER_S = '5';

const overloaded = () =>
  new HttpProblem('overloaded', 'too many requests wait for their turn', {
    headers: { 'retry-after': RETRY_AFTER_S },
  });

/** The answer when a thread ran out of time or memory. */
type Exhausted = (what: 'time' | 'memory', limits: ThreadLimits) => HttpProblem;

/** The client has sent too much. */
const tooLarge: Exhausted = (what, { maxMs }) =>
  new HttpProblem(
    'experiment_too_large',
    what === 'time'
      ? `it cannot be worked through within ${maxMs / 1000} s: send something smaller`
      : 'it needs too much memory to be worked through: send something smaller',
  );

/** Not the fault of the client: the document is stored as it is, and may be read in parts. */
const tooLong: Exhausted = (what) =>
  new HttpProblem(
    'overloaded',
    `the ${what} that reading this may take is used up: try again, or ask for less (a run, fewer points, another format)`,
    { headers: { 'retry-after': RETRY_AFTER_S } },
  );

function problemOf(
  error: unknown,
  usedUp: boolean,
  exhausted: (what: 'time' | 'memory') => HttpProblem,
): unknown {
  const { name, code, message } = error as Error & { code?: string };
  if (name === 'AbortError') return usedUp ? exhausted('time') : overloaded();
  const isFull = code === 'ERR_WORKER_OUT_OF_MEMORY' || /out of memory/i.test(message);
  return isFull ? exhausted('memory') : error;
}

interface Task {
  readonly work: Work | Reading;
  readonly transferList: ArrayBuffer[];
}

/** Made when the first request needs one. */
function createPool(program: URL, kind: 'work' | 'read', limits: ThreadLimits, exhausted: Exhausted) {
  let piscina: ThreadPool | null = null;
  const start = () =>
    createThreads({
      filename: program.href,
      niceIncrement: NICE.request,
      minThreads: 1,
      maxThreads: THREADS,
      idleTimeout: 60_000,
      resourceLimits: {
        maxOldGenerationSizeMb: limits.maxHeapMiB[kind],
        maxYoungGenerationSizeMb: YOUNG_HEAP_MIB,
      },
    });
  const turns = createTurns(
    { atWork: THREADS, ofOneOwner: THREADS_OF_ONE, waiting: limits.maxWaiting },
    overloaded,
  );
  let closed = false;
  async function run(pool: ThreadPool, { work, transferList }: Task): Promise<unknown> {
    const begun = notBegun();
    const limit = limitWork({ cpu: limits.maxMs, clock: limits.maxClockMs }, begun, () => pool.threads);
    const { signal } = limit;
    const result: WorkResult = await pool
      .run({ ...work, begun }, { transferList, signal })
      .catch((error: unknown) => {
        throw closed ? closing() : problemOf(error, limit.usedUp, (what) => exhausted(what, limits));
      })
      .finally(limit.end);
    if (result.ok) return result.value;
    const { code, detail, extra } = result.problem;
    throw new HttpProblem(code, detail, extra);
  }
  return {
    /** @param make copies what is handed over: not of what is refused or waits */
    async run(owner: string, make: () => Task | Promise<Task>): Promise<unknown> {
      const done = await turns.take(owner, AbortSignal.timeout(limits.maxMs));
      try {
        if (closed) throw closing();
        piscina ??= start();
        return await run(piscina, await make());
      } finally {
        done();
      }
    },
    async close() {
      closed = true;
      await piscina?.destroy();
    },
  };
}

/** The bytes in memory of their own: of small ones Node.js and the drivers share out a larger piece. */
function handedOver(bytes: Uint8Array): Uint8Array<ArrayBuffer> {
  const { buffer, byteLength } = bytes;
  return buffer instanceof ArrayBuffer && buffer.byteLength === byteLength
    ? new Uint8Array(buffer)
    : new Uint8Array(bytes);
}

export function createRequestThreads(limits = LIMITS): SharedThreads {
  const workers = createPool(threadProgram('request.worker'), 'work', limits, tooLarge);
  const readers = createPool(threadProgram('reading.worker'), 'read', limits, tooLong);
  return {
    of: (owner) => ({
      run: (work) =>
        workers.run(owner, () => {
          // A copy of its own, which is handed over: a small body lies in memory that Node shares out.
          const body = new Uint8Array(work.body);
          return { work: { ...work, body }, transferList: [body.buffer] };
        }),
      async read<N extends ReadingName>(
        reading: N,
        load: () => Promise<readonly Uint8Array[]>,
        options: OptionsOf<N>,
      ) {
        const result = readers.run(owner, async () => {
          const documents = (await load()).map(handedOver);
          const transferList = documents.map(({ buffer }) => buffer);
          return { work: { reading, documents, options }, transferList };
        });
        return (await result) as ReadingResult<N>;
      },
    }),
    async close() {
      await Promise.all([workers.close(), readers.close()]);
    },
  };
}
