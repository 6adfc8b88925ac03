/** @file Runs one claimed job: its study, trial by trial, each trial trained once and kept. */
import type { Logger } from 'pino';
import type { Experiment } from '../experiment/index.ts';
import { FileRefused } from '../files/index.ts';
import type { Metrics } from '../metrics/index.ts';
import type { Outcome } from '../statistics/index.ts';
import type { Progress } from '../study/index.ts';
import type { Span, Telemetry } from '../telemetry/index.ts';
import type { Attempts, ClaimedJob } from './attempts.ts';
import { JobFailure } from './failure.ts';
import { LostAttempt } from './fence.ts';
import type { FileUse } from './file.ts';
import { LossFeed } from './losses.ts';
import type { SnapshotStore } from './snapshots.ts';
import { untilStored } from './storage.ts';
import { runInThread, type StudyThreadOptions } from './study_thread.ts';
import type { StudyThreads } from './study_threads.ts';
import type { Threads } from './trainer.ts';
import { type SharedTrials, Trials } from './trials.ts';

type Reason = 'cancel' | 'shutdown' | 'time' | 'lost' | 'failure';

const HEARTBEAT_MS = 1000;

/** From this part of the time limit on nothing new begins, so that what was found comes to a report. */
const REPORT_IN_TIME = 0.8;

export interface RunnerOptions {
  readonly attempts: Attempts;
  readonly threads: Threads;
  readonly studyThreads: StudyThreads;
  readonly snapshots: Pick<SnapshotStore, 'of'>;
  /** Null where there are no other processes. */
  readonly shared: SharedTrials | null;
  /** The most that an attempt may take. */
  readonly maxSeconds: number;
  readonly metrics: Metrics;
  readonly telemetry: Telemetry;
  readonly logger: Logger;
  /** Brings the files that an experiment reads to this process. */
  readonly bring: (use: FileUse) => Promise<void>;
  /** Called after every event that was stored. */
  readonly onEvent: (job: string) => void;
}

/** @param json an object that is not empty; the members go before its own */
const withMembers = (members: object, json: Uint8Array): Buffer =>
  Buffer.concat([Buffer.from(`${JSON.stringify(members).slice(0, -1)},`), json.subarray(1)]);

/** A job at work. */
export class JobRun {
  readonly job: ClaimedJob;
  readonly #options: RunnerOptions;
  readonly #startedAt = performance.now();
  readonly #span: Span;
  readonly #losses: LossFeed;
  readonly #trials: Trials;
  /** Aborted with the first reason to end. */
  readonly #stopped = new AbortController();
  /** One after the other: who hears of a trial finds its run. */
  #writes: Promise<unknown> = Promise.resolve();
  #unnamed: { readonly error: unknown } | null = null;
  #phase: { readonly name: string; readonly since: number; readonly span: Span } | null = null;
  #reason: Reason | null = null;
  /** Seconds, as the experiment has it. */
  #maxDuration = Infinity;

  constructor(job: ClaimedJob, options: RunnerOptions) {
    this.job = job;
    this.#options = options;
    this.#span = options.telemetry.start('job', {
      'gradclinic.job.id': job.id,
      'gradclinic.job.attempt': job.attempt,
    });
    this.#losses = new LossFeed(async (data) => {
      await options.attempts.losses(job, data);
      options.onEvent(job.id);
    });
    this.#trials = new Trials(job, {
      ...options,
      losses: this.#losses,
      signal: this.#stopped.signal,
      span: () => this.#phase?.span ?? this.#span,
    });
  }

  /** Ends the trainings at their next step or pass. */
  stop(reason: Exclude<Reason, 'failure'>): void {
    this.#endTrainings(reason);
  }

  #endTrainings(reason: Reason): void {
    this.#reason ??= reason;
    this.#stopped.abort();
  }

  readonly #ids = () => ({ job_id: this.job.id, attempt: this.job.attempt });

  /** The end of the job is waited for as well, but not by a process that is to end. */
  #concluded(work: () => Promise<void>): Promise<void> {
    return untilStored(work, () => this.#reason === 'shutdown');
  }

  #enterPhase(name: string): void {
    if (name === this.#phase?.name) return;
    this.#endPhase();
    const span = this.#options.telemetry.start(`phase ${name}`, { 'gradclinic.phase': name }, this.#span);
    this.#phase = { name, since: Date.now(), span };
  }

  #endPhase(): void {
    if (this.#phase === null) return;
    const { name, since, span } = this.#phase;
    this.#options.metrics.phases.observe({ phase: name }, (Date.now() - since) / 1000);
    span.end();
    this.#phase = null;
  }

  /** From the pace of this attempt; null until a trial is done. */
  #eta({ completed_trials, total_trials }: Progress): number | null {
    if (this.#trials.trained === 0) return null;
    const pace = (performance.now() - this.#startedAt) / 1000 / this.#trials.trained;
    return Math.round(pace * (total_trials - completed_trials) * 10) / 10;
  }

  #onProgress(progress: Progress): void {
    this.#enterPhase(progress.phase);
    // Progress that an earlier attempt has already reported is not reported again.
    if (this.#trials.trained === 0 && progress.completed_trials < this.job.completed_trials) return;
    const { attempts, onEvent, logger } = this.#options;
    const write = async () => {
      await attempts.progress(this.job, progress, this.#eta(progress));
      onEvent(this.job.id);
    };
    this.#writes = this.#writes.then(write).catch((error: unknown) => {
      logger.warn({ ...this.#ids(), err: error }, 'progress could not be written');
    });
  }

  #onRead(run: string, key: string, outcome: Outcome): void {
    const write = () => this.#trials.name(run, key, outcome);
    this.#writes = this.#writes.then(write).catch((error: unknown) => {
      this.#unnamed ??= { error };
    });
  }

  #isOutOfTime(): boolean {
    const most = Math.min(this.#maxDuration, this.#options.maxSeconds * REPORT_IN_TIME);
    return (performance.now() - this.#startedAt) / 1000 > most;
  }

  /** @throws JobFailure for a file that is gone or broken */
  async #bring(use: FileUse): Promise<void> {
    try {
      await this.#options.bring(use);
    } catch (error) {
      if (error instanceof FileRefused) throw new JobFailure('file_unreadable', error.message);
      throw error;
    }
  }

  #onExperiment(experiment: Experiment): void {
    this.#trials.holds(experiment);
    this.#maxDuration = experiment.remedies.max_duration_s ?? Infinity;
  }

  async #study(): Promise<void> {
    const { attempts, studyThreads } = this.#options;
    const follow: StudyThreadOptions = {
      train: (trial) => this.#trials.train(trial),
      expect: (trials) => this.#trials.expect(trials),
      onRead: (run, key, outcome) => this.#onRead(run, key, outcome),
      onProgress: (progress) => this.#onProgress(progress),
      isOutOfTime: () => this.#isOutOfTime(),
      bring: (use) => this.#bring(use),
      onExperiment: (experiment) => this.#onExperiment(experiment),
    };
    const { report, summary } = await runInThread(this.job, follow, studyThreads);
    await this.#trials.end();
    await this.#writes;
    if (this.#unnamed !== null) throw this.#unnamed.error;
    const kinds = await untilStored(
      () => attempts.machinesOf(this.job),
      () => this.#reason !== null,
    );
    // Arms of one comparison belong on one kind; a job that went on elsewhere may have found none of it.
    const machines = kinds.length > 1 ? { machines: kinds } : {};
    const result = withMembers({ job_id: this.job.id, ...machines }, report);
    await untilStored(
      () => attempts.succeed(this.job, result, summary),
      () => this.#reason !== null,
    );
  }

  async #end(error: unknown): Promise<void> {
    const { attempts, logger } = this.#options;
    const reason = this.#reason;
    // The other trials of the study are of no use any more.
    this.#endTrainings('failure');
    await this.#trials.settled();
    await this.#writes;
    if (reason === 'shutdown') return this.#concluded(() => attempts.release(this.job));
    if (reason === 'cancel') return this.#concluded(() => attempts.canceled(this.job));
    if (reason === 'lost' || error instanceof LostAttempt) throw error;
    if (reason === 'time') {
      const detail = `The job took longer than the ${this.#options.maxSeconds} s that it may.`;
      return this.#concluded(() => attempts.fail(this.job, { code: 'job_timed_out', detail }));
    }
    if (error instanceof JobFailure) {
      const { code, message: detail } = error;
      return this.#concluded(() => attempts.fail(this.job, { code, detail }));
    }
    logger.error({ ...this.#ids(), err: error }, 'job failed');
    const detail = 'The study failed for a reason on our side; it is in the log.';
    return this.#concluded(() => attempts.fail(this.job, { code: 'internal_error', detail }));
  }

  /** Tells that the attempt lives, and hears whether it should. A database that does not answer is asked again. */
  async #beat(): Promise<void> {
    try {
      if (await this.#options.attempts.heartbeat(this.job)) this.stop('cancel');
    } catch (error) {
      if (error instanceof LostAttempt) this.stop('lost');
    }
  }

  /** Gives the job back before its trainings have ended: what they write afterwards is refused. */
  giveBack(): Promise<void> {
    return this.#options.attempts.release(this.job);
  }

  /** Ends when the job is terminal or given back, or another attempt's. */
  async run(): Promise<void> {
    const { onEvent, logger, maxSeconds } = this.#options;
    logger.info(this.#ids(), 'job started');
    const limit = setTimeout(() => this.stop('time'), maxSeconds * 1000);
    const timer = setInterval(() => void this.#beat(), HEARTBEAT_MS);
    // A cancel that came between the claim and now found nobody to tell.
    await this.#beat();
    try {
      await this.#study().catch((error: unknown) => this.#end(error));
    } catch (error) {
      if (!(error instanceof LostAttempt) && this.#reason !== 'lost') throw error;
      logger.warn(this.#ids(), 'another attempt owns the job');
      if (this.#reason === 'lost') await this.#options.attempts.acquit(this.job).catch(() => {});
    } finally {
      clearTimeout(limit);
      clearInterval(timer);
      this.#losses.stop();
      this.#endPhase();
      this.#span.end();
      logger.info(this.#ids(), 'job ended');
      onEvent(this.job.id);
    }
  }
}
