/** @file Takes from queues whenever a thread is free: from one after the other, so that none of them waits for another to be empty. */
import type { Delivery, Queue } from './queue.ts';

/** A queue to take from, and what is done with what is taken. Rejects where it could not be done: it is another's then. */
export interface Source {
  readonly queue: Pick<Queue<never>, 'take'>;
  perform(delivery: Delivery): Promise<void>;
}

export interface Crew {
  /** Something waits in this queue, or may. */
  wake(source: Source): void;
  readonly busy: number;
  /** Takes nothing any more, and waits for what is at work. */
  stop(): Promise<void>;
}

/** @param onError hears of a queue that could not be asked, and of work that was not done */
export function startCrew(
  sources: readonly Source[],
  threads: number,
  onError: (error: unknown) => void,
): Crew {
  /** Sources that may have something, the one whose turn it is first. */
  let open: Source[] = [];
  const running = new Set<Promise<void>>();
  let taking: Promise<void> | null = null;
  let stopped = false;

  function perform(source: Source, delivery: Delivery): void {
    const work = source
      .perform(delivery)
      .catch(onError)
      .finally(() => {
        running.delete(work);
        look();
      });
    running.add(work);
  }

  async function takeAll(): Promise<void> {
    while (!stopped && running.size < threads && open.length > 0) {
      const source = open.shift() as Source;
      // Marked again by a wake-up that comes while it is asked.
      const delivery = await source.queue.take().catch((error: unknown) => {
        onError(error);
        return null;
      });
      if (delivery === null) continue;
      if (!open.includes(source)) open.push(source);
      perform(source, delivery);
    }
  }

  function look(): void {
    taking ??= takeAll().finally(() => {
      taking = null;
      if (!stopped && running.size < threads && open.length > 0) look();
    });
  }

  return {
    wake(source) {
      if (!sources.includes(source) || stopped) return;
      if (!open.includes(source)) open.push(source);
      look();
    },
    get busy() {
      return running.size;
    },
    async stop() {
      stopped = true;
      open = [];
      await taking;
      await Promise.allSettled(running);
    },
  };
}
