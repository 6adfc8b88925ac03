/**
 * @file The threads of this process at work: on trials of its own studies, and on what waits in the queue that processes share.
 * Neither waits for the other to be empty, and owners have their turn in both.
 */
import {
  type Crew,
  createLocalQueue,
  type Delivery,
  nextTurn,
  type Source,
  startCrew,
} from '../queue/index.ts';
import { fail } from '../util/result.ts';
import type { Pool, TrialRequest, TrialResult } from './pool.ts';

/** Whose trial it is, and how long it takes a thread, as estimated. */
export interface TrialWork {
  readonly owner: string;
  readonly job: string;
  readonly seconds: number;
}

/** Everything that a study needs from the threads. */
export interface Threads {
  /** In its turn. @param signal ends the wait for a thread; a training that runs is asked by its own flag */
  run(task: TrialRequest, work: TrialWork, signal: AbortSignal): Promise<TrialResult>;
  /** Threads for which there is nothing to do; less than 0 where trials wait. */
  readonly idle: number;
}

interface Waiting extends TrialWork {
  readonly turn: number;
  readonly task: TrialRequest;
  readonly resolve: (result: TrialResult) => void;
  readonly reject: (error: unknown) => void;
  begun: boolean;
}

const canceled = (): TrialResult => fail({ code: 'canceled', detail: 'cancelled' });

export class Trainer implements Threads {
  readonly #pool: Pick<Pool, 'run'>;
  readonly #queue = createLocalQueue();
  /** The trials of this process's studies that wait or are being trained. */
  readonly #trials = new Map<string, Waiting>();
  readonly #own: Source;
  readonly #shared: Source | null;
  readonly #crew: Crew;
  readonly #threads: number;
  #next = 0;

  /** @param shared what waits in the queue that processes share; null where there is none */
  constructor(
    pool: Pick<Pool, 'run'>,
    threads: number,
    shared: Source | null,
    onError: (error: unknown) => void,
  ) {
    this.#pool = pool;
    this.#threads = threads;
    this.#own = { queue: this.#queue, perform: (delivery) => this.#perform(delivery) };
    this.#shared = shared;
    this.#crew = startCrew(shared === null ? [this.#own] : [this.#own, shared], threads, onError);
  }

  #turnOf(owner: string): number {
    const trials = [...this.#trials.values()];
    const waiting = trials.filter(({ begun }) => !begun).map(({ turn }) => turn);
    const own = trials.filter((trial) => trial.owner === owner).map(({ turn, seconds }) => turn + seconds);
    return nextTurn(
      waiting.length === 0 ? null : Math.min(...waiting),
      own.length === 0 ? null : Math.max(...own),
    );
  }

  async run(task: TrialRequest, work: TrialWork, signal: AbortSignal): Promise<TrialResult> {
    if (signal.aborted) return canceled();
    const key = String(this.#next++);
    const turn = this.#turnOf(work.owner);
    const { promise, resolve, reject } = Promise.withResolvers<TrialResult>();
    const trial: Waiting = { ...work, turn, task, resolve, reject, begun: false };
    this.#trials.set(key, trial);
    const onAbort = () => {
      if (!trial.begun) resolve(canceled());
    };
    signal.addEventListener('abort', onAbort, { once: true });
    await this.#queue.enqueue([{ job: work.job, key, turn }]);
    this.#crew.wake(this.#own);
    return promise.finally(() => {
      signal.removeEventListener('abort', onAbort);
      this.#trials.delete(key);
    });
  }

  async #perform({ key }: Delivery): Promise<void> {
    const trial = this.#trials.get(key);
    // Canceled while it waited.
    if (trial === undefined) return;
    trial.begun = true;
    await this.#pool.run(trial.task).then(trial.resolve, trial.reject);
  }

  /** The estimated seconds of one thread that the waiting trials of this process's studies will take. */
  get waitingSeconds(): number {
    return [...this.#trials.values()].reduce((sum, { begun, seconds }) => sum + (begun ? 0 : seconds), 0);
  }

  get idle(): number {
    const waiting = [...this.#trials.values()].filter(({ begun }) => !begun).length;
    return this.#threads - this.#crew.busy - waiting;
  }

  /** Something waits in the shared queue, or may. */
  wake(delay = 0): void {
    if (this.#shared !== null) this.#crew.wake(this.#shared, delay);
  }

  /** Takes nothing any more, and waits for what is at work. */
  stop(): Promise<void> {
    return this.#crew.stop();
  }
}
