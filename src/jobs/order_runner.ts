/** @file Trains what other processes' studies have ordered, and this one's: from the message to the stored result. */
import type { Logger } from 'pino';
import { FileRefused } from '../files/index.ts';
import type { Metrics } from '../metrics/index.ts';
import type { Delivery, Queue, Source } from '../queue/index.ts';
import { endFailed, type Telemetry } from '../telemetry/index.ts';
import { assert } from '../util/assert.ts';
import type { Sealed } from '../util/sealed.ts';
import { checkSize, JobFailure } from './failure.ts';
import type { FileUse } from './file.ts';
import { LossFeed } from './losses.ts';
import { createNumberReader } from './number_reader.ts';
import type { OrderFailure, Orders, StartedOrder } from './orders.ts';
import { trialKey, unpackTrial } from './packing.ts';
import type { Pool, TrialResult } from './pool.ts';
import type { SnapshotStore } from './snapshots.ts';
import { storageFailure, untilStored } from './storage.ts';

export interface OrderRunnerOptions {
  readonly orders: Orders;
  readonly queue: Queue<never>;
  readonly pool: Pick<Pool, 'run'>;
  readonly snapshots: Pick<SnapshotStore, 'of'>;
  /** Brings the files that an experiment reads to this process. */
  readonly bring: (use: FileUse) => Promise<void>;
  readonly metrics: Metrics;
  readonly telemetry: Telemetry;
  readonly logger: Logger;
  readonly onEvent: (job: string) => void;
}

/** A trial that so many processes have begun, and none of them was heard of again, is what ends them. */
const MOST_STARTS = 10;
/** Well within the lease. */
const BEAT_MS = 3000;
/** Jobs whose numbers are kept at hand: theirs are the trials that come next. */
const KEPT_JOBS = 4;

const crashed: OrderFailure = {
  code: 'job_crashed_process',
  detail: 'Processes died again and again while they ran one and the same trial of this job.',
};

export class OrderRunner implements Source {
  readonly queue: Queue<never>;
  readonly #options: OrderRunnerOptions;
  /** At work, with the flags that end them. */
  readonly #running = new Map<Delivery, Int32Array>();
  readonly #numbers = new Map<string, Promise<ReadonlyMap<string, Sealed>>>();
  readonly #reader = createNumberReader();
  readonly #timer: NodeJS.Timeout;
  #stopping = false;

  constructor(options: OrderRunnerOptions) {
    this.#options = options;
    this.queue = options.queue;
    this.#timer = setInterval(() => void this.#beat(), BEAT_MS);
  }

  async perform(delivery: Delivery, free: () => void): Promise<void> {
    const { orders } = this.#options;
    const order = await orders.start(delivery);
    if (order === null) return delivery.done();
    const flag = new Int32Array(new SharedArrayBuffer(4));
    this.#running.set(delivery, flag);
    if (this.#stopping) Atomics.store(flag, 0, 1);
    try {
      const failure = order.starts > MOST_STARTS ? crashed : await this.#train(order, flag, free);
      if (failure === 'canceled') return await this.#end(delivery);
      if (failure !== null) await this.#stored(() => orders.fail(delivery, failure));
      await delivery.done();
    } finally {
      this.#running.delete(delivery);
    }
  }

  /** For a training that was ended, because this process stops or because nobody waits for it. */
  async #end(delivery: Delivery): Promise<void> {
    if (!this.#stopping) return delivery.done();
    await this.#options.orders.giveBack(delivery);
    await delivery.giveBack();
  }

  #stored(work: () => Promise<void>): Promise<void> {
    return untilStored(work, () => this.#stopping);
  }

  /** Null once the result is stored. */
  async #train(
    order: StartedOrder,
    flag: Int32Array,
    free: () => void,
  ): Promise<OrderFailure | 'canceled' | null> {
    const { metrics, telemetry, logger } = this.#options;
    const { job, key, run } = order;
    const attributes = { 'gradclinic.trial.run': run, 'gradclinic.trial.key': key, 'gradclinic.job.id': job };
    const span = telemetry.start('trial', attributes, order.traceparent ?? undefined);
    try {
      const result = await this.#run(order, flag);
      free();
      if (!result.ok) {
        metrics.trials.inc({ outcome: result.error.code });
        endFailed(span, result.error.code);
        return result.error.code === 'canceled' ? 'canceled' : { code: null, detail: result.error.detail };
      }
      const { outcome, encoded, seconds, steps } = result.value;
      checkSize(encoded);
      await this.#stored(() => this.#options.orders.finish(order, encoded));
      metrics.trials.inc({ outcome });
      metrics.steps.observe(seconds / Math.max(1, steps));
      span.setAttributes({ 'gradclinic.trial.outcome': outcome, 'gradclinic.trial.seconds': seconds }).end();
      logger.info({ job_id: job, trial: run, key, seconds, steps, outcome, ordered: true }, 'trial trained');
      return null;
    } catch (error) {
      endFailed(span, 'failed');
      // Without the database nothing can be told; the message goes to another.
      if (storageFailure(error) !== null) throw error;
      if (error instanceof JobFailure) return { code: error.code, detail: error.message };
      if (error instanceof FileRefused) return { code: 'file_unreadable', detail: error.message };
      return { code: null, detail: error instanceof Error ? (error.stack ?? error.message) : String(error) };
    }
  }

  async #run(order: StartedOrder, flag: Int32Array): Promise<TrialResult> {
    const { pool, bring, orders, snapshots, onEvent } = this.#options;
    const { job, key, run, seed, keepWeights } = order;
    const experiment = await unpackTrial(order.experiment, () => this.#numbersOf(job));
    assert(
      trialKey({ experiment, seed, keepWeights }) === key,
      'the order is another trial than its key says',
    );
    await bring(experiment);
    const feed = new LossFeed(async (data) => {
      await orders.losses(job, data);
      onEvent(job);
    });
    const { ring, end } = feed.follow(run);
    try {
      const cancel = flag.buffer as SharedArrayBuffer;
      const kept = snapshots.of(job, key, () => Atomics.load(flag, 0) !== 0);
      return await pool.run({
        ...{ experiment, seed, keepWeights, cancel, losses: ring.buffer, snapshots: kept },
      });
    } finally {
      end();
      feed.stop();
    }
  }

  #numbersOf(job: string): Promise<ReadonlyMap<string, Sealed>> {
    const known = this.#numbers.get(job);
    if (known !== undefined) return known;
    const numbers = this.#options.orders
      .experimentOf(job)
      .then((experiment) => this.#reader.read(experiment));
    this.#numbers.set(job, numbers);
    numbers.catch(() => this.#numbers.delete(job));
    const [oldest] = this.#numbers.keys();
    if (this.#numbers.size > KEPT_JOBS) this.#numbers.delete(oldest as string);
    return numbers;
  }

  /** Tells that this process lives, and hears what nobody waits for any more. A database that is away is asked again. */
  async #beat(): Promise<void> {
    const { orders, queue, logger } = this.#options;
    const deliveries = [...this.#running.keys()];
    if (deliveries.length === 0) return;
    try {
      await queue.touch(deliveries);
      const wanted = new Set((await orders.wanted(deliveries)).map(({ job, key }) => `${job}/${key}`));
      for (const delivery of deliveries) {
        if (wanted.has(`${delivery.job}/${delivery.key}`)) continue;
        Atomics.store(this.#running.get(delivery) ?? new Int32Array(1), 0, 1);
      }
    } catch (error) {
      logger.warn({ err: error }, 'trials at work could not be told of');
    }
  }

  /** Ends what is at work of a job. */
  cancel(job: string): void {
    for (const [delivery, flag] of this.#running) if (delivery.job === job) Atomics.store(flag, 0, 1);
  }

  /** Running trainings end at their next step and are given back. */
  stop(): void {
    this.#stopping = true;
    clearInterval(this.#timer);
    for (const flag of this.#running.values()) Atomics.store(flag, 0, 1);
  }

  /** Once nothing is at work. */
  close(): Promise<void> {
    return this.#reader.close();
  }
}
