/** @file The worker threads. Never aborts a busy thread: cancellation is asked for. */
import '../util/no_telemetry.ts';
import type { TraceBytes } from '../diagnosis/index.ts';
import type { Experiment } from '../experiment/index.ts';
import { NICE } from '../util/nice.ts';
import { threadProgram } from '../util/programs.ts';
import type { Result } from '../util/result.ts';
import { createThreads } from '../util/threads.ts';
import { within } from '../util/within.ts';
import { limitWork, notBegun, type WorkTime } from '../util/work_time.ts';
import { keepSnapshots, type SnapshotPort } from './snapshot_port.ts';
import type { TrialSnapshots } from './snapshots.ts';

export interface TrialTask {
  readonly experiment: Experiment;
  readonly seed: number;
  readonly keepWeights: boolean;
  /** One Int32; not 0 asks the training to end at its next step. */
  readonly cancel: SharedArrayBuffer;
  /** The memory of a `LossRing` that somebody reads. */
  readonly losses?: SharedArrayBuffer;
  readonly snapshots?: SnapshotPort;
}

/** A trial as it is handed to the pool. */
export interface TrialRequest extends Omit<TrialTask, 'snapshots'> {
  readonly snapshots?: TrialSnapshots;
}

export interface TrialFailure {
  readonly code: 'canceled' | 'failed';
  readonly detail: string;
}

export interface TimedTrace {
  /** The part of the trace that a study reads. */
  readonly part: TraceBytes;
  readonly outcome: 'completed' | 'diverged';
  /** The trace as it is stored. */
  readonly encoded: Uint8Array;
  /** How long the training took in its thread, without the wait for one. */
  readonly seconds: number;
  /** How many of these seconds came before its first pass: data, weights, graphs. */
  readonly preparation: number;
  /** Steps that were trained in them, after those of a snapshot that it went on from. */
  readonly steps: number;
}

export type TrialResult = Result<TimedTrace, TrialFailure>;

export interface Pool {
  run(trial: TrialRequest): Promise<TrialResult>;
  readonly alive: boolean;
  readonly threads: { readonly busy: number; readonly idle: number };
  /**
   * Waits for running trials to end; ask them to first.
   * @returns whether they have; a thread that computes on cannot be ended without its process
   */
  close(milliseconds: number): Promise<boolean>;
}

/** @param entry what a thread runs: takes a task, answers with a result */
export function createPool(threads: number, entry = threadProgram('trial.worker')): Pool {
  const piscina = createThreads({
    filename: entry.href,
    niceIncrement: NICE.study,
    minThreads: threads,
    maxThreads: threads,
    concurrentTasksPerWorker: 1,
  });
  const running = new Set<Promise<unknown>>();
  let closed = false;
  const once = ({ snapshots, ...task }: TrialRequest): Promise<TrialResult> =>
    snapshots === undefined
      ? piscina.run(task)
      : keepSnapshots(snapshots, (port) =>
          piscina.run({ ...task, snapshots: port } satisfies TrialTask, { transferList: [port.port] }),
        );
  const track = <T>(promise: Promise<T>): Promise<T> => {
    running.add(promise);
    const forget = () => running.delete(promise);
    promise.then(forget, forget);
    return promise;
  };
  return {
    // A thread that died takes one trial with it; that trial gets a second thread, and goes on from its last snapshot.
    run: (trial) => track(once(trial).catch(() => once(trial))),
    get alive() {
      return !closed && piscina.threads.length > 0;
    },
    get threads() {
      const idle = Math.max(0, piscina.threads.length - running.size);
      return { idle, busy: piscina.threads.length - idle };
    },
    async close(milliseconds) {
      closed = true;
      const ended = await within(milliseconds, Promise.allSettled(running));
      if (ended) await piscina.destroy();
      return ended;
    },
  };
}

export interface TaskPool<Task, Output> {
  run(task: Task): Promise<Output>;
  close(): Promise<void>;
}

/** A thread that idles is worth keeping for so long. */
const IDLE_MS = 30_000;

const TASK_THREADS = 2;

/** For what somebody has sent. Half a gigabyte of text takes a minute. Damaged files have made their readers go round for ever. */
export const READING_TIME: WorkTime = { cpu: 180_000, clock: 30 * 60_000 };

/** So many tasks may wait for a thread. Behind more of them an answer would come after its client has left. */
const MAX_WAITING = 16;

/** Too many tasks wait already. */
export class PoolFull extends Error {
  override name = 'PoolFull';
}

/** The task has had all the time that tasks of its kind have. */
export class TaskTooLong extends Error {
  override name = 'TaskTooLong';
}

/** The service is being stopped. */
export class PoolClosed extends Error {
  override name = 'PoolClosed';
}

/**
 * Threads for tasks that are rare and long; there is none until the first. Two, so that one long task does not hold up all
 * others. `run` throws PoolFull where too many wait, and TaskTooLong where the thread was ended because its task has had the `time` of
 * its kind: it gets `begun`, and calls `begin`. `close` ends the threads at once, whatever they do, and `run` throws
 * PoolClosed: what such a task leaves half done is tidied at the next start.
 */
export function createTaskPool<Task, Output>(
  entry: URL,
  {
    idleMs = IDLE_MS,
    maxWaiting = MAX_WAITING,
    time = null,
  }: { idleMs?: number; maxWaiting?: number; time?: WorkTime | null } = {},
): TaskPool<Task, Output> {
  const piscina = createThreads({
    filename: entry.href,
    niceIncrement: NICE.request,
    minThreads: 0,
    maxThreads: TASK_THREADS,
    concurrentTasksPerWorker: 1,
    idleTimeout: idleMs,
  });
  let closed = false;
  async function timed(task: Task, most: WorkTime): Promise<Output> {
    const begun = notBegun();
    const limit = limitWork(most, begun, () => piscina.threads);
    const { signal } = limit;
    try {
      return (await piscina.run({ ...task, begun }, { signal })) as Output;
    } catch (error) {
      throw signal.aborted ? new TaskTooLong('a task took longer than it may') : error;
    } finally {
      limit.end();
    }
  }
  return {
    async run(task) {
      if (piscina.queueSize >= maxWaiting) throw new PoolFull('too many tasks wait for a thread');
      try {
        return time === null ? ((await piscina.run(task)) as Output) : await timed(task, time);
      } catch (error) {
        throw closed ? new PoolClosed('the threads are being stopped') : error;
      }
    },
    close() {
      closed = true;
      return piscina.destroy();
    },
  };
}
