/**
 * @file Studies in a thread of their own: diagnosis, proposals and code of a deep network take seconds, in which the event
 * loop has requests to answer. The trainings are still asked for here.
 */
import { Worker } from 'node:worker_threads';
import type { Experiment } from '../experiment/index.ts';
import type { Trace } from '../statistics/index.ts';
import type { Progress, SearchOptions, StudyDependencies, Trial } from '../study/index.ts';
import { runSearch, runStudy, secondsOf } from '../study/index.ts';
import { threadProgram } from '../util/programs.ts';

const ENTRY = threadProgram('study.worker');

/** What a thread is given to begin with. */
export interface StudyTask {
  readonly experiment: Experiment;
  /** Null for a study. */
  readonly search: SearchOptions | null;
  /** One Int32; 1 once the time is over. */
  readonly outOfTime: Int32Array;
}

export type FromStudy =
  | { readonly kind: 'train'; readonly id: number; readonly trial: Trial }
  | { readonly kind: 'progress'; readonly progress: Progress }
  | { readonly kind: 'report'; readonly report: unknown }
  | { readonly kind: 'failed'; readonly error: unknown };

/** Null: the training failed, for a reason that stays where it happened. */
export interface ToStudy {
  readonly id: number;
  readonly trace: Trace | null;
}

const LOOK_MS = 200;

/** A thread is made for each study: it takes half a second, and leaves nothing behind. */
function inThread<Report>(
  experiment: Experiment,
  search: SearchOptions | null,
  { train, onProgress, isOutOfTime }: StudyDependencies,
): Promise<Report> {
  const outOfTime = new Int32Array(new SharedArrayBuffer(4));
  const look = () => Atomics.store(outOfTime, 0, Number(isOutOfTime()));
  look();
  const workerData: StudyTask = { experiment, search, outOfTime };
  const worker = new Worker(ENTRY, { workerData });
  const timer = setInterval(look, LOOK_MS);
  /** Why a training failed: the first reason is the study's. */
  const failures: unknown[] = [];
  const answer = async ({ id, trial }: Extract<FromStudy, { kind: 'train' }>) => {
    const trace = await train(trial).catch((error: unknown) => {
      failures.push(error);
      return null;
    });
    look();
    worker.postMessage({ id, trace } satisfies ToStudy);
  };
  const report = new Promise<Report>((resolve, reject) => {
    worker.on('message', (message: FromStudy) => {
      if (message.kind === 'train') void answer(message);
      else if (message.kind === 'progress') onProgress(message.progress);
      else if (message.kind === 'report') resolve(message.report as Report);
      else reject(failures[0] ?? message.error);
    });
    worker.on('error', reject);
    worker.on('exit', () => reject(new Error('the thread of the study has ended')));
  });
  return report.finally(async () => {
    clearInterval(timer);
    await worker.terminate();
  });
}

export const runStudyInThread: typeof runStudy = (experiment, dependencies) =>
  inThread(experiment, null, dependencies);

export const runSearchInThread: typeof runSearch = (experiment, options, dependencies) =>
  inThread(experiment, options, dependencies);

/** In the thread. @param post sends to the one that made it */
export async function study(
  { experiment, search, outOfTime }: StudyTask,
  post: (message: FromStudy) => void,
  listen: (onMessage: (message: ToStudy) => void) => void,
): Promise<void> {
  const waiting = new Map<number, (trace: Trace | null) => void>();
  listen(({ id, trace }) => {
    waiting.get(id)?.(trace);
    waiting.delete(id);
  });
  let next = 0;
  const dependencies: StudyDependencies = {
    async train(trial) {
      const id = next++;
      const { promise, resolve } = Promise.withResolvers<Trace | null>();
      waiting.set(id, resolve);
      post({ kind: 'train', id, trial: { ...trial, seconds: secondsOf(trial.experiment) } });
      const trace = await promise;
      if (trace === null) throw new Error('the training failed');
      return trace;
    },
    onProgress: (progress) => post({ kind: 'progress', progress }),
    isOutOfTime: () => Atomics.load(outOfTime, 0) === 1,
  };
  try {
    const report =
      search === null
        ? await runStudy(experiment, dependencies)
        : await runSearch(experiment, search, dependencies);
    post({ kind: 'report', report });
  } catch (error) {
    post({ kind: 'failed', error });
  }
}
