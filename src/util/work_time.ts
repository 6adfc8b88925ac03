/** @file How long a thread may work on a task: by its own CPU time, of which a busy machine gives it little in a second. */
import { threadId, type Worker } from 'node:worker_threads';

/** What a thread tells of the work that it has begun: its id, and the milliseconds of CPU time that it had used before. */
export type Begun = Int32Array;

export const notBegun = (): Begun => new Int32Array(new SharedArrayBuffer(8));
const hasBegun = (begun: Begun): boolean => Atomics.load(begun, 0) !== 0;

const UNKNOWN = -1;

/** In the thread. */
export function begin(begun: Begun): void {
  // Node.js 22 does not know.
  const used = process.threadCpuUsage?.();
  Atomics.store(begun, 1, used === undefined ? UNKNOWN : Math.floor((used.user + used.system) / 1000));
  Atomics.store(begun, 0, threadId);
}

/** Milliseconds of CPU time since it began; Infinity where nobody counts them. */
async function usedBy(begun: Begun, threads: readonly Worker[]): Promise<number> {
  if (!hasBegun(begun)) return 0;
  const id = Atomics.load(begun, 0);
  const before = Atomics.load(begun, 1);
  const worker = threads.find((thread) => thread.threadId === id);
  if (before === UNKNOWN || worker?.cpuUsage === undefined) return Number.POSITIVE_INFINITY;
  const { user, system } = await worker.cpuUsage();
  return (user + system) / 1000 - before;
}

/** Milliseconds. */
export interface WorkTime {
  readonly cpu: number;
  /** By the clock: no client waits for ever, however busy the machine is. */
  readonly clock: number;
}

export interface WorkLimit {
  /** Aborts when the time is over. */
  readonly signal: AbortSignal;
  /** Whether the work has had all its time; else the machine had none for it. */
  readonly usedUp: boolean;
  /** The work is done. */
  end(): void;
}

/** @param threads of which one has begun the work, or will */
export function limitWork(
  { cpu, clock }: WorkTime,
  begun: Begun,
  threads: () => readonly Worker[],
): WorkLimit {
  const over = new AbortController();
  let usedUp = false;
  async function look(): Promise<void> {
    // A thread that is just ending does not tell.
    const used = await usedBy(begun, threads()).catch(() => 0);
    if (over.signal.aborted || ended) return;
    usedUp = used >= cpu;
    if (usedUp) over.abort();
    else timer = setTimeout(look, Math.max(LEAST_MS, cpu - used));
  }
  let ended = false;
  let timer = setTimeout(look, cpu);
  const longest = setTimeout(() => over.abort(), clock);
  return {
    signal: over.signal,
    get usedUp() {
      return usedUp;
    },
    end() {
      ended = true;
      clearTimeout(timer);
      clearTimeout(longest);
    },
  };
}

/** Between two looks. */
const LEAST_MS = 10;
