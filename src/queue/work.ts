/** @file Takes from queues whenever a thread is free: from one after the other, so that none of them waits for another to be empty. */
import type { Delivery, Queue } from './queue.ts';

/** A queue to take from, and what is done with what is taken. */
export interface Source {
  readonly queue: Pick<Queue<never>, 'take'>;
  /**
   * Rejects where it could not be done: it is another's then.
   * @param free to be called once no thread is needed any more, as while a result is being stored; the end does it too
   */
  perform(delivery: Delivery, free: () => void): Promise<void>;
}

export interface Crew {
  /**
   * Something waits in this queue, or may.
   * @param delay milliseconds before it is asked; what is told in the meantime is asked for with it
   */
  wake(source: Source, delay?: number): void;
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
  /** Sources that are to be asked a little later. */
  const later = new Map<Source, NodeJS.Timeout>();
  const running = new Set<Promise<void>>();
  /** Threads at work. */
  let busy = 0;
  let taking: Promise<void> | null = null;
  let stopped = false;

  /** Where results cannot be stored, no more are made than there are threads. */
  const hasRoom = () => !stopped && busy < threads && running.size < 2 * threads && open.length > 0;

  function perform(source: Source, delivery: Delivery): void {
    let isBusy = true;
    const free = () => {
      if (isBusy) busy--;
      isBusy = false;
      look();
    };
    busy++;
    const work = source
      .perform(delivery, free)
      .catch(onError)
      .finally(() => {
        running.delete(work);
        free();
      });
    running.add(work);
  }

  async function takeAll(): Promise<void> {
    while (hasRoom()) {
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
      if (hasRoom()) look();
    });
  }

  function wake(source: Source): void {
    clearTimeout(later.get(source));
    later.delete(source);
    if (!open.includes(source)) open.push(source);
    look();
  }

  return {
    wake(source, delay = 0) {
      if (!sources.includes(source) || stopped) return;
      if (delay === 0) return wake(source);
      // Asked in any case once a thread is free; or soon.
      if (open.includes(source) || later.has(source)) return;
      later.set(
        source,
        setTimeout(() => wake(source), delay),
      );
    },
    get busy() {
      return busy;
    },
    async stop() {
      stopped = true;
      open = [];
      for (const timer of later.values()) clearTimeout(timer);
      await taking;
      await Promise.allSettled(running);
    },
  };
}
