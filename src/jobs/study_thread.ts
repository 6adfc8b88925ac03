/**
 * @file A claimed job, in a thread that it has alone: its experiment is read, its study planned and its report written beside the event
 * loop, which only hands trainings to the worker threads.
 */
import { MessageChannel, type MessagePort } from 'node:worker_threads';
import { seriousFindings, type TraceBytes, unpackTrace } from '../diagnosis/index.ts';
import { type Experiment, filesOf } from '../experiment/index.ts';
import { type Outcome, outcomeOf, type Trace } from '../statistics/index.ts';
import {
  bestRow,
  type Progress,
  runSearch,
  runStudy,
  type SearchReport,
  type StudyDependencies,
  type StudyReport,
  secondsOf,
  type Trial,
} from '../study/index.ts';
import { encodeNonFinite } from '../util/json.ts';
import { unpackText } from '../util/packed_text.ts';
import { experimentOf, JobFailure } from './failure.ts';
import type { FileUse } from './file.ts';
import type { Job } from './job.ts';
import { trialKey } from './packing.ts';
import type { StudyTask, StudyThreads } from './study_threads.ts';
import type { NamedTrial } from './trials.ts';

export interface StudyOutcome {
  /** JSON of the report, without the job's id. */
  readonly report: Uint8Array;
  readonly summary: NonNullable<Job['summary']>;
}

export type FromStudy =
  | { readonly kind: 'files'; readonly use: FileUse }
  | { readonly kind: 'experiment'; readonly experiment: Experiment }
  | { readonly kind: 'train'; readonly id: number; readonly trial: NamedTrial }
  | { readonly kind: 'expect'; readonly trials: readonly NamedTrial[] }
  | { readonly kind: 'read'; readonly run: string; readonly key: string; readonly outcome: Outcome }
  | { readonly kind: 'progress'; readonly progress: Progress }
  | { readonly kind: 'outcome'; readonly outcome: StudyOutcome }
  | {
      readonly kind: 'failed';
      readonly error: unknown;
      /** What a JobFailure said, which loses its class between threads; null for other errors. */
      readonly failure: { readonly code: string; readonly detail: string } | null;
    };

export type ToStudy =
  /** The files that were asked for are at hand. */
  | { readonly kind: 'brought' }
  /** Null: the training failed, for a reason that stays where it happened. */
  | { readonly kind: 'trained'; readonly id: number; readonly trace: TraceBytes | null };

export interface StudyThreadOptions extends Omit<StudyDependencies, 'train' | 'expect'> {
  readonly train: (trial: NamedTrial) => Promise<TraceBytes>;
  readonly expect: (trials: readonly NamedTrial[]) => void;
  /** Called once the study has read the trace of a run. */
  readonly onRead: (run: string, key: string, outcome: Outcome) => void;
  /** Brings the files that an experiment reads to this process. */
  readonly bring: (use: FileUse) => Promise<void>;
  /** Called once it is read, before the first training. */
  readonly onExperiment: (experiment: Experiment) => void;
}

const LOOK_MS = 200;

/** @throws JobFailure, and whatever a training failed with */
export async function runInThread(
  { experiment, search }: Pick<StudyTask, 'experiment' | 'search'>,
  { train, expect, onRead, onProgress, isOutOfTime, bring, onExperiment }: StudyThreadOptions,
  threads: StudyThreads,
): Promise<StudyOutcome> {
  const outOfTime = new Int32Array(new SharedArrayBuffer(4));
  const look = () => Atomics.store(outOfTime, 0, Number(isOutOfTime()));
  const { port1: own, port2: port } = new MessageChannel();
  const timer = setInterval(look, LOOK_MS);
  const tell = (message: ToStudy) => own.postMessage(message);
  /** Why a training failed: the first reason is the study's. */
  const failures: unknown[] = [];
  const answer = async ({ id, trial }: Extract<FromStudy, { kind: 'train' }>) => {
    const trace = await train(trial).catch((error: unknown) => {
      failures.push(error);
      return null;
    });
    look();
    tell({ kind: 'trained', id, trace });
  };
  const { promise, resolve, reject } = Promise.withResolvers<StudyOutcome>();
  const on: { readonly [K in FromStudy['kind']]: (message: Extract<FromStudy, { kind: K }>) => unknown } = {
    files: ({ use }) => bring(use).then(() => tell({ kind: 'brought' })),
    experiment({ experiment: read }) {
      onExperiment(read);
      look();
    },
    train: answer,
    expect: ({ trials }) => expect(trials),
    read: ({ run, key, outcome }) => onRead(run, key, outcome),
    progress: ({ progress }) => onProgress(progress),
    outcome: ({ outcome }) => resolve(outcome),
    failed: ({ error, failure }) =>
      reject(failures[0] ?? (failure === null ? error : new JobFailure(failure.code, failure.detail))),
  };
  // What fails here is the study's failure: thrown out of a listener, or as a rejection of nobody's, it would end the process.
  const receive = async <K extends FromStudy['kind']>(message: Extract<FromStudy, { kind: K }>) =>
    on[message.kind as K](message);
  own.on('message', (message: FromStudy) => receive(message).catch(reject));
  const ending = new AbortController();
  const work = threads.run({ experiment, search, outOfTime, port }, ending.signal);
  work.catch(reject);
  // Whatever was sent has come by then.
  const onClosed = () => reject(new Error('the study has ended without a word'));
  own.on('close', () => work.then(onClosed, () => {}));
  try {
    const outcome = await promise;
    // The thread is free for the next one.
    await work.catch(() => {});
    return outcome;
  } catch (error) {
    // What a study that has failed leaves half done, the next one would meet in its thread: that ends with it.
    ending.abort();
    throw error;
  } finally {
    clearInterval(timer);
    own.close();
  }
}

function studySummary({ verdict, checks, recommendation }: StudyReport): StudyOutcome['summary'] {
  return {
    verdict,
    findings: seriousFindings(checks).map(({ rule }) => rule),
    recommended: recommendation?.remedies ?? [],
  };
}

/** Of the candidate that the search comes to. */
function searchSummary(report: Omit<SearchReport, 'job_id'>): StudyOutcome['summary'] {
  const best = bestRow(report);
  const { activation } = best ?? { activation: null };
  const name = typeof activation === 'string' ? activation : JSON.stringify(activation);
  return {
    verdict: best?.verdict ?? 'unhealthy',
    findings: best?.findings ?? [],
    recommended: activation === null ? [] : [name],
  };
}

const studyOutcome = (report: object, summary: StudyOutcome['summary']): StudyOutcome => ({
  // A copy of its own: Node would share out the memory of a small one.
  report: new Uint8Array(Buffer.from(JSON.stringify(encodeNonFinite(report)))),
  summary,
});

/** Sends messages, and waits for their answers. */
function conversation(port: MessagePort) {
  const post = (message: FromStudy) => port.postMessage(message);
  const waiting = new Map<number, (trace: TraceBytes | null) => void>();
  const brought = Promise.withResolvers<void>();
  port.on('message', (message: ToStudy) => {
    if (message.kind === 'brought') return brought.resolve();
    waiting.get(message.id)?.(message.trace);
    waiting.delete(message.id);
  });
  let next = 0;
  /** What is expected is told again and again, and of a deep network a key takes a while. */
  const named = new WeakMap<Experiment, Map<string, NamedTrial>>();
  function nameOf(trial: Trial): NamedTrial {
    const { experiment, seed, keepWeights } = trial;
    const known = named.get(experiment) ?? new Map<string, NamedTrial>();
    named.set(experiment, known);
    const which = `${seed}${keepWeights}`;
    const before = known.get(which) ?? { ...trial, key: trialKey(trial), seconds: secondsOf(experiment) };
    known.set(which, before);
    return before;
  }
  return {
    post,
    bring(use: FileUse): Promise<void> {
      post({ kind: 'files', use });
      return brought.promise;
    },
    async train(trial: Trial): Promise<Trace> {
      const id = next++;
      const { promise, resolve } = Promise.withResolvers<TraceBytes | null>();
      waiting.set(id, resolve);
      const { run } = trial;
      const { key, seconds = 0 } = nameOf(trial);
      post({ kind: 'train', id, trial: { ...trial, key, seconds } });
      const bytes = await promise;
      if (bytes === null) throw new Error('the training failed');
      const trace = await unpackTrace(bytes);
      post({ kind: 'read', run, key, outcome: outcomeOf(trace) });
      return trace;
    },
    expect: (trials: readonly Trial[]) => post({ kind: 'expect', trials: trials.map(nameOf) }),
  };
}

/** In the thread. Once the port is closed, nothing that the study has left under way goes on. */
export async function study({ experiment: packed, search, outOfTime, port }: StudyTask): Promise<void> {
  const { post, bring, train, expect } = conversation(port);
  try {
    const accepted = JSON.parse(unpackText(packed)) as Experiment;
    const { data, training } = accepted;
    // Before it is parsed, which looks at the files.
    if (filesOf(accepted).length > 0) await bring({ data, training });
    const experiment = experimentOf(accepted);
    post({ kind: 'experiment', experiment });
    const dependencies: StudyDependencies = {
      train,
      expect,
      onProgress: (progress) => post({ kind: 'progress', progress }),
      isOutOfTime: () => Atomics.load(outOfTime, 0) === 1,
    };
    if (search === null) {
      const report = await runStudy(experiment, dependencies);
      return post({ kind: 'outcome', outcome: studyOutcome(report, studySummary(report)) });
    }
    const report = await runSearch(experiment, search, dependencies);
    post({ kind: 'outcome', outcome: studyOutcome(report, searchSummary(report)) });
  } catch (error) {
    const failure = error instanceof JobFailure ? { code: error.code, detail: error.message } : null;
    post({ kind: 'failed', error, failure });
    // The thread is not for another study: it is ended from outside.
    await new Promise(() => {});
  } finally {
    port.close();
  }
}
