/** @file The losses of trainings that run, told as events. */
import { LOSS_SLOTS, LossRing } from '../statistics/index.ts';

/** `losses` of an event: some of the steps since the event before, the last among them. */
export interface LossData {
  readonly run: string;
  readonly steps: readonly number[];
  /** Of the whole training; null where it is not known. */
  readonly total_steps: number | null;
  /** Null where it was not finite. */
  readonly losses: readonly (number | null)[];
}

const POINTS = 50;

/** Evenly spaced from `from` on, and the last. */
export function readRing(run: string, ring: LossRing, from: number): LossData | null {
  const { count } = ring;
  const first = Math.max(from, count - LOSS_SLOTS);
  if (count <= first) return null;
  const stride = Math.ceil((count - first) / POINTS);
  const steps = Array.from({ length: Math.ceil((count - first) / stride) }, (_, i) => count - 1 - i * stride);
  steps.reverse();
  const losses = steps.map((step) => ring.at(step)).map((loss) => (Number.isFinite(loss) ? loss : null));
  return { run, steps, total_steps: ring.planned, losses };
}

const SHORTEST_MS = 500;
/** Events grow like the logarithm of the time: a job of a day has a thousand. */
const SHARE_OF_TIME = 0.01;

interface Followed {
  readonly run: string;
  readonly ring: LossRing;
  told: number;
  ended: boolean;
}

/** Tells of all running trainings of a job, now and then. */
export class LossFeed {
  readonly #write: (data: LossData) => Promise<void>;
  readonly #started = performance.now();
  readonly #followed = new Set<Followed>();
  #timer: NodeJS.Timeout | undefined;
  #stopped = false;

  /** @param write may fail: what was not told is drawn from the finished run later */
  constructor(write: (data: LossData) => Promise<void>) {
    this.#write = write;
  }

  /** @returns where the training writes, and what ends the following */
  follow(run: string): { readonly ring: LossRing; end(): void } {
    const followed: Followed = { run, ring: new LossRing(), told: 0, ended: false };
    this.#followed.add(followed);
    this.#schedule();
    return {
      ring: followed.ring,
      end: () => {
        followed.ended = true;
        // Too short to have been looked at: its run is there already.
        if (followed.told === 0) this.#followed.delete(followed);
      },
    };
  }

  stop(): void {
    this.#stopped = true;
    clearTimeout(this.#timer);
  }

  #schedule(): void {
    if (this.#timer !== undefined || this.#stopped || this.#followed.size === 0) return;
    const wait = Math.max(SHORTEST_MS, SHARE_OF_TIME * (performance.now() - this.#started));
    this.#timer = setTimeout(() => void this.#tell(), wait);
  }

  async #tell(): Promise<void> {
    for (const followed of [...this.#followed]) {
      const data = readRing(followed.run, followed.ring, followed.told);
      if (followed.ended) this.#followed.delete(followed);
      if (data === null || this.#stopped) continue;
      followed.told = (data.steps.at(-1) as number) + 1;
      await this.#write(data).catch(() => {});
    }
    this.#timer = undefined;
    this.#schedule();
  }
}
