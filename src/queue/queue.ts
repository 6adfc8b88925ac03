/** @file What a queue of trials promises, be it in this process or in PostgreSQL. Never a record: all in it can be sent anew. */

/** Work for whoever has a thread to spare. */
export interface Message {
  /** The job to which it belongs. */
  readonly job: string;
  /** Its name within the job: one that waits or is at work already is not queued twice. */
  readonly key: string;
  /** By `nextTurn`; the least is taken first, of equals the oldest. */
  readonly turn: number;
}

/** A message that somebody has taken, and that is another's once nothing was heard of them for too long. */
export interface Delivery {
  readonly job: string;
  readonly key: string;
  /** Nobody else needs to do it. */
  done(): Promise<void>;
  /** Another may do it, at once. */
  giveBack(): Promise<void>;
}

/** Delivery is at least once: whoever does the work has to bear that another has done it too. */
export interface Queue<Transaction> {
  /** @param transaction with which the messages come to be, or not at all */
  enqueue(messages: readonly Message[], transaction?: Transaction): Promise<void>;
  /** Null where nothing waits. */
  take(): Promise<Delivery | null>;
  /** Tells that those who took them live. */
  touch(deliveries: readonly Delivery[]): Promise<void>;
  close(): Promise<void>;
}
