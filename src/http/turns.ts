/** @file Whose work comes next where few are at work and many wait: the requests of one owner do not hold up those of another. */

export interface TurnLimits {
  readonly atWork: number;
  /** How many works of one owner run at once: fewer than all, so that another owner's first request need not wait for a long one. */
  readonly ofOneOwner: number;
  readonly waiting: number;
}

interface Waiting {
  readonly begin: () => void;
  readonly refuse: () => void;
}

interface Owner {
  /** Milliseconds of its work, by which turns are taken. */
  clock: number;
  working: number;
  /** The oldest first. */
  readonly waiting: Waiting[];
}

export interface Turns {
  /**
   * Waits for a turn.
   * @returns to be called when the work is done
   * @throws what `refusal` makes, where too many wait or the signal comes before the turn
   */
  take(owner: string, signal: AbortSignal): Promise<() => void>;
}

const least = (owners: readonly Owner[], order: (a: Owner, b: Owner) => number): Owner | undefined =>
  owners.toSorted(order)[0];

/** Who has less at work comes first, then who has had less. */
const byNeed = (a: Owner, b: Owner): number => a.working - b.working || a.clock - b.clock;

export function createTurns(limits: TurnLimits, refusal: () => Error): Turns {
  /** Only those who work or wait: who comes anew has no more credit than they. */
  const owners = new Map<string, Owner>();
  const all = () => [...owners.values()];

  function ownerOf(name: string): Owner {
    const clock = Math.min(...all().map((owner) => owner.clock));
    const owner = owners.get(name) ?? { clock: Number.isFinite(clock) ? clock : 0, working: 0, waiting: [] };
    owners.set(name, owner);
    return owner;
  }

  /** True if this owner may wait for one more. If all places are taken, the owner with the most gives up the newest of them. */
  function hasPlace(owner: Owner): boolean {
    const waiting = all().reduce((sum, one) => sum + one.waiting.length, 0);
    if (waiting < limits.waiting) return true;
    const greatest = least(all(), (a, b) => b.waiting.length - a.waiting.length);
    if (greatest === undefined || greatest.waiting.length <= owner.waiting.length + 1) return false;
    greatest.waiting.pop()?.refuse();
    return true;
  }

  function leave(name: string, owner: Owner): void {
    if (owner.working === 0 && owner.waiting.length === 0) owners.delete(name);
  }

  function beginNext(): void {
    const working = all().reduce((sum, owner) => sum + owner.working, 0);
    if (working >= limits.atWork) return;
    const ready = all().filter((one) => one.waiting.length > 0 && one.working < limits.ofOneOwner);
    least(ready, byNeed)?.waiting.shift()?.begin();
  }

  function begin(name: string, owner: Owner): () => void {
    const start = performance.now();
    owner.working++;
    return () => {
      owner.working--;
      owner.clock += performance.now() - start;
      leave(name, owner);
      beginNext();
    };
  }

  return {
    take: (name, signal) =>
      new Promise((resolve, reject) => {
        const owner = ownerOf(name);
        const isFree =
          owner.working < limits.ofOneOwner &&
          all().reduce((sum, one) => sum + one.working, 0) < limits.atWork;
        // Where there is room, nobody waits who could use it.
        if (isFree) return resolve(begin(name, owner));
        const refuse = () => {
          signal.removeEventListener('abort', giveUp);
          leave(name, owner);
          reject(refusal());
        };
        const waiting: Waiting = {
          begin() {
            signal.removeEventListener('abort', giveUp);
            resolve(begin(name, owner));
          },
          refuse,
        };
        const giveUp = () => {
          owner.waiting.splice(owner.waiting.indexOf(waiting), 1);
          refuse();
        };
        if (!hasPlace(owner)) return refuse();
        owner.waiting.push(waiting);
        signal.addEventListener('abort', giveUp);
      }),
  };
}
