/** @file Whether this worker may call another dead: only if the database has answered it for as long as the other was silent. */

/** By the process's own clock, which never jumps. */
export interface Witness {
  /** The database has just answered. */
  answered(): void;
  readonly reliable: boolean;
}

/**
 * Also at its start: whoever starts behind an outage has not seen it. While the database was away, or this process was suspended, every worker was silent; who comes back first would take the
 * jobs of the living.
 * @param leaseMs how long a worker may be silent
 */
export function createWitness(leaseMs: number, now: () => number = () => performance.now()): Witness {
  let last = now();
  let since = last;
  return {
    answered() {
      const time = now();
      if (time - last > leaseMs / 2) since = time;
      last = time;
    },
    get reliable() {
      return now() - last <= leaseMs / 2 && last - since >= leaseMs;
    },
  };
}
