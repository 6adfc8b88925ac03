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

/** Whoever has just posted a job waits for its first curve; later on nobody misses half a second. */
const [FIRST_MS, SHORTEST_MS, EARLY_SHARE] = [100, 500, 0.25];
/** Events grow like the logarithm of the time: a job of a day has a thousand. */
const SHARE_OF_TIME = 0.01;
/** So many trainings that have ended between two looks are told all the same: with the first look, those of the baseline. */
const MOST_SHORT = 4;

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
        const short = [...this.#followed].filter(({ told, ended }) => ended && told === 0);
        // Too short to have been looked at, as many are: their runs are there already.
        if (followed.told === 0 && short.length > MOST_SHORT) this.#followed.delete(followed);
      },
    };
  }

  stop(): void {
    this.#stopped = true;
    clearTimeout(this.#timer);
  }

  #schedule(): void {
    if (this.#timer !== undefined || this.#stopped || this.#followed.size === 0) return;
    const time = performance.now() - this.#started;
    const early = Math.min(SHORTEST_MS, Math.max(FIRST_MS, EARLY_SHARE * time));
    const wait = Math.max(early, SHARE_OF_TIME * time);
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
