/** @file The trials of one job: each trained once, here or by another process, and kept. */
import { setMaxListeners } from 'node:events';
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
  /** Threads of all processes that nothing has been ordered for. */
  idle(): Promise<number>;
}

/** Milliseconds. The trials of a wave are asked for one after the other: nothing that is expected is to begin between them. */
const AHEAD_MS = 10;

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
  /** Aborted once the job is to end: its trainings end at their next step, and nothing is waited for any more. */
  readonly signal: AbortSignal;
  /** What the trials belong to. */
  readonly span: () => Span;
}

export class Trials {
  readonly #job: ClaimedJob;
  readonly #options: TrialsOptions;
  /** One Int32; not 0 ends the trainings at their next step. */
  readonly #flag = new Int32Array(new SharedArrayBuffer(4));
  /** Aborted once nothing is to be trained any more. */
  readonly #ended = new AbortController();
  /** By key. */
  readonly #training = new Map<string, Promise<TraceBytes>>();
  /** That the study waits for. */
  #asked = 0;
  /** That it will probably ask for next. */
  #expected: readonly NamedTrial[] = [];
  /** Trained ahead, and not asked for yet; by key. Null while it is being trained. */
  readonly #ahead = new Map<string, TraceBytes | null>();
  /** On their way to a thread or to the orders, and not counted there yet. */
  #coming = 0;
  #timer: NodeJS.Timeout | null = null;
  /** That the experiment of the job holds inline. */
  #numbers: ReadonlyMap<string, Sealed> = new Map();
  /** Those of a wave together: each transaction takes many round trips. */
  readonly #place = gather<NewOrder>(async (orders) => this.#options.shared?.orders.place(this.#job, orders));
  /** By this attempt, here or elsewhere. */
  trained = 0;

  constructor(job: ClaimedJob, options: TrialsOptions) {
    this.#job = job;
    this.#options = options;
    const { signal } = options;
    // Every trial of a wave listens; Node.js takes more than ten for a leak, and would say so.
    setMaxListeners(0, this.#ended.signal);
    signal.addEventListener('abort', () => this.#stop(), { once: true });
    if (signal.aborted) this.#stop();
  }

  #stop(): void {
    clearTimeout(this.#timer ?? undefined);
    Atomics.store(this.#flag, 0, 1);
    this.#ended.abort();
  }

  /** Of what was trained ahead, nothing is needed any more. */
  async end(): Promise<void> {
    this.#stop();
    await this.settled();
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
    return untilStored(work, () => this.#ended.signal.aborted);
  }

  async #trainOnce(trial: NamedTrial): Promise<TraceBytes> {
    const { shared } = this.#options;
    const seconds = trial.seconds ?? secondsOf(trial.experiment);
    const packed =
      shared === null || seconds < shared.leastSeconds ? null : packTrial(trial.experiment, this.#numbers);
    let isComing = true;
    this.#coming++;
    const come = () => {
      if (isComing) this.#coming--;
      isComing = false;
    };
    try {
      return await this.#trainAt(trial, seconds, packed, come);
    } finally {
      come();
    }
  }

  /** @param come to be called once it is counted where it waits for its turn */
  async #trainAt(
    trial: NamedTrial,
    seconds: number,
    packed: Buffer | null,
    come: () => void,
  ): Promise<TraceBytes> {
    const { attempts, shared } = this.#options;
    const { key } = trial;
    for (;;) {
      const known = await this.#stored(() => attempts.storedTrial(this.#job, key));
      if (known !== null) return { form: 'whole', bytes: known };
      if (this.#ended.signal.aborted) throw new StudyCanceled();
      if (shared === null || packed === null) return await this.#trainHere(trial, seconds, come);
      await this.#trainAnywhere({ ...trial, experiment: packed, seconds }, shared, come);
    }
  }

  async #trainHere(trial: NamedTrial, seconds: number, come: () => void): Promise<TraceBytes> {
    const { attempts, threads, snapshots, metrics, telemetry, logger } = this.#options;
    const { key } = trial;
    const span = telemetry.start(
      'trial',
      { 'gradclinic.trial.run': trial.run, 'gradclinic.trial.key': key },
      this.#options.span(),
    );
    const { ring, end } = this.#options.losses.follow(trial.run);
    const running = threads
      .run(
        {
          experiment: trial.experiment,
          seed: trial.seed,
          keepWeights: trial.keepWeights,
          cancel: this.#flag.buffer as SharedArrayBuffer,
          losses: ring.buffer,
          snapshots: snapshots.of(this.#job.id, key, () => this.#ended.signal.aborted),
        },
        { owner: this.#job.owner, job: this.#job.id, seconds },
        this.#ended.signal,
      )
      .catch((error: unknown) => {
        endFailed(span, 'failed');
        throw error;
      })
      .finally(end);
    come();
    const result = await running;
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
  async #trainAnywhere(
    order: Omit<NewOrder, 'traceparent'>,
    { awaited }: SharedTrials,
    come: () => void,
  ): Promise<void> {
    const { key, run, seed, keepWeights, experiment, seconds } = order;
    const traceparent = this.#options.telemetry.headerOf(this.#options.span());
    const outcome = awaited.until(this.#job.id, key, this.#ended.signal).catch(() => 'canceled' as const);
    await this.#stored(() => this.#place({ key, run, seed, keepWeights, experiment, seconds, traceparent }));
    come();
    const told = await outcome;
    if (told === 'canceled') throw new StudyCanceled();
    if (told === 'trained') this.trained++;
    if (typeof told !== 'object') return;
    throw told.code === null ? new Error(told.detail) : new JobFailure(told.code, told.detail);
  }

  async train(trial: NamedTrial): Promise<TraceBytes> {
    const { key } = trial;
    const known = this.#ahead.get(key) ?? null;
    this.#ahead.delete(key);
    this.#forget(key);
    if (known !== null) return known;
    this.#asked++;
    this.#lookSoon();
    try {
      return await this.#trainingOf(trial);
    } finally {
      this.#asked--;
      this.#lookSoon();
    }
  }

  /** In place of what was expected before. */
  expect(trials: readonly NamedTrial[]): void {
    this.#expected = trials;
    const keys = new Set(trials.map(({ key }) => key));
    for (const [key, trace] of this.#ahead) if (trace !== null && !keys.has(key)) this.#ahead.delete(key);
    this.#lookSoon();
  }

  #forget(key: string): void {
    this.#expected = this.#expected.filter((trial) => trial.key !== key);
  }

  #lookSoon(): void {
    if (this.#ended.signal.aborted) return;
    this.#timer ??= setTimeout(() => {
      this.#timer = null;
      this.#goAhead().catch((error: unknown) => {
        this.#options.logger.warn({ job_id: this.#job.id, err: error }, 'nothing is trained ahead');
      });
    }, AHEAD_MS);
  }

  /** While the study waits for a trial, a thread that would idle trains what it will probably ask for. */
  async #goAhead(): Promise<void> {
    const next = this.#expected.find(({ key }) => !this.#ahead.has(key) && !this.#training.has(key));
    if (next === undefined || this.#asked === 0 || !(await this.#hasIdle(next))) return;
    // It may have been asked for meanwhile.
    if (this.#ended.signal.aborted || this.#asked === 0 || this.#training.has(next.key)) return;
    const { key } = next;
    this.#ahead.set(key, null);
    this.#options.logger.debug({ job_id: this.#job.id, trial: next.run, key }, 'trained ahead');
    this.#lookSoon();
    try {
      const trace = await this.#trainingOf(next);
      if (this.#ahead.has(key)) this.#ahead.set(key, trace);
    } catch {
      // Whoever asks for it has it trained again, and hears why that fails.
      this.#ahead.delete(key);
      this.#forget(key);
    } finally {
      this.#lookSoon();
    }
  }

  async #hasIdle({ seconds = 0 }: NamedTrial): Promise<boolean> {
    const { threads, shared } = this.#options;
    const isShared = shared !== null && seconds >= shared.leastSeconds;
    return (isShared ? await shared.idle() : threads.idle) > this.#coming;
  }

  #trainingOf(trial: NamedTrial): Promise<TraceBytes> {
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
