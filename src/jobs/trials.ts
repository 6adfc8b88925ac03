/** @file The trials of one job: each trained once, here or by another process, and kept. */
import type { Logger } from 'pino';
import type { TraceBytes } from '../diagnosis/index.ts';
import type { Experiment } from '../experiment/index.ts';
import type { Metrics } from '../metrics/index.ts';
import type { Outcome } from '../statistics/index.ts';
import { secondsOf, type Trial } from '../study/index.ts';
import { endFailed, type Span, type Telemetry } from '../telemetry/index.ts';
import { gather } from '../util/gather.ts';
import type { Sealed } from '../util/sealed.ts';
import type { Attempts, ClaimedJob } from './attempts.ts';
import type { AwaitedOrders } from './awaited.ts';
import { checkSize, JobFailure } from './failure.ts';
import type { LossFeed } from './losses.ts';
import type { NewOrder, Orders } from './orders.ts';
import { packTrial, sealedOf } from './packing.ts';
import type { SnapshotStore } from './snapshots.ts';
import { untilStored } from './storage.ts';
import type { Threads } from './trainer.ts';

export interface NamedTrial extends Trial {
  /** By `trialKey`: of a deep network it takes long enough to be made in the thread of the study. */
  readonly key: string;
}

class StudyCanceled extends Error {
  override name = 'StudyCanceled';
}

/** Where other processes train trials of this one's studies. */
export interface SharedTrials {
  readonly orders: Pick<Orders, 'place'>;
  readonly awaited: Pick<AwaitedOrders, 'until'>;
  /** An estimate below it is trained here, at once: to hand it over takes longer. */
  readonly leastSeconds: number;
}

export interface TrialsOptions {
  readonly attempts: Attempts;
  readonly threads: Threads;
  readonly snapshots: Pick<SnapshotStore, 'of'>;
  /** Null where there are no other processes. */
  readonly shared: SharedTrials | null;
  readonly metrics: Metrics;
  readonly telemetry: Telemetry;
  readonly logger: Logger;
  readonly losses: LossFeed;
  /** One Int32; not 0 ends the trainings at their next step. */
  readonly flag: SharedArrayBuffer;
  /** Aborted once the job is to end: nothing is waited for any more. */
  readonly signal: AbortSignal;
  /** What the trials belong to. */
  readonly span: () => Span;
}

export class Trials {
  readonly #job: ClaimedJob;
  readonly #options: TrialsOptions;
  /** By key. */
  readonly #training = new Map<string, Promise<TraceBytes>>();
  /** That the experiment of the job holds inline. */
  #numbers: ReadonlyMap<string, Sealed> = new Map();
  /** Those of a wave together: each transaction takes many round trips. */
  readonly #place = gather<NewOrder>(async (orders) => this.#options.shared?.orders.place(this.#job, orders));
  /** By this attempt, here or elsewhere. */
  trained = 0;

  constructor(job: ClaimedJob, options: TrialsOptions) {
    this.#job = job;
    this.#options = options;
  }

  /** The experiment of the job, whose numbers its trials do not carry with them. */
  holds(experiment: Experiment): void {
    this.#numbers = sealedOf(experiment);
  }

  /** Once nothing is trained here, or waited for, any more. */
  async settled(): Promise<void> {
    await Promise.allSettled(this.#training.values());
  }

  /** A database that is away or full is waited for, but not by a job that is to end. */
  #stored<T>(work: () => Promise<T>): Promise<T> {
    return untilStored(work, () => this.#options.signal.aborted);
  }

  async #trainOnce(trial: NamedTrial): Promise<TraceBytes> {
    const { attempts, shared } = this.#options;
    const { key } = trial;
    const seconds = trial.seconds ?? secondsOf(trial.experiment);
    const packed =
      shared === null || seconds < shared.leastSeconds ? null : packTrial(trial.experiment, this.#numbers);
    for (;;) {
      const known = await this.#stored(() => attempts.storedTrial(this.#job, key));
      if (known !== null) return { form: 'whole', bytes: known };
      if (this.#options.signal.aborted) throw new StudyCanceled();
      if (shared === null || packed === null) return await this.#trainHere(trial, seconds);
      await this.#trainAnywhere({ ...trial, experiment: packed, seconds }, shared);
    }
  }

  async #trainHere(trial: NamedTrial, seconds: number): Promise<TraceBytes> {
    const { attempts, threads, snapshots, metrics, telemetry, logger } = this.#options;
    const { key } = trial;
    const span = telemetry.start(
      'trial',
      { 'gradclinic.trial.run': trial.run, 'gradclinic.trial.key': key },
      this.#options.span(),
    );
    const { ring, end } = this.#options.losses.follow(trial.run);
    const result = await threads
      .run(
        {
          experiment: trial.experiment,
          seed: trial.seed,
          keepWeights: trial.keepWeights,
          cancel: this.#options.flag,
          losses: ring.buffer,
          snapshots: snapshots.of(this.#job.id, key, () => this.#options.signal.aborted),
        },
        { owner: this.#job.owner, job: this.#job.id, seconds },
        this.#options.signal,
      )
      .catch((error: unknown) => {
        endFailed(span, 'failed');
        throw error;
      })
      .finally(end);
    if (!result.ok) {
      metrics.trials.inc({ outcome: result.error.code });
      endFailed(span, result.error.code);
      if (result.error.code === 'canceled') throw new StudyCanceled();
      throw new Error(result.error.detail);
    }
    const { part, outcome, encoded, seconds: took, steps } = result.value;
    checkSize(encoded);
    metrics.trials.inc({ outcome });
    span.setAttributes({ 'gradclinic.trial.outcome': outcome, 'gradclinic.trial.seconds': took }).end();
    metrics.steps.observe(took / Math.max(1, steps));
    await this.#stored(() => attempts.storeTrial(this.#job, key, encoded));
    this.trained++;
    logger.info(
      {
        job_id: this.#job.id,
        attempt: this.#job.attempt,
        trial: trial.run,
        key,
        seconds: took,
        steps,
        outcome,
      },
      'trial trained',
    );
    return part;
  }

  /** Whoever has a thread to spare trains it, this process too. Returns once there is something to look for. */
  async #trainAnywhere(order: Omit<NewOrder, 'traceparent'>, { awaited }: SharedTrials): Promise<void> {
    const { key, run, seed, keepWeights, experiment, seconds } = order;
    const traceparent = this.#options.telemetry.headerOf(this.#options.span());
    const outcome = awaited.until(this.#job.id, key, this.#options.signal).catch(() => 'canceled' as const);
    await this.#stored(() => this.#place({ key, run, seed, keepWeights, experiment, seconds, traceparent }));
    const told = await outcome;
    if (told === 'canceled') throw new StudyCanceled();
    if (told === 'trained') this.trained++;
    if (typeof told !== 'object') return;
    throw told.code === null ? new Error(told.detail) : new JobFailure(told.code, told.detail);
  }

  train(trial: NamedTrial): Promise<TraceBytes> {
    const { key } = trial;
    let training = this.#training.get(key);
    if (training === undefined) {
      training = this.#trainOnce(trial);
      this.#training.set(key, training);
      // Only equal trials at the same time wait for each other; later ones find it stored. Traces are not kept here.
      const forget = () => this.#training.delete(key);
      training.then(forget, forget);
    }
    return training;
  }

  /** Says which trial a run is, once its study has read what it came to. */
  name(run: string, key: string, outcome: Outcome): Promise<void> {
    return this.#stored(() => this.#options.attempts.nameRun(this.#job, run, key, outcome));
  }
}
