/** @file Keeps what is costly to make and may be used by several at once, so that an equal one need not be made again. */

export interface Loan<T> {
  readonly value: T;
  /** To be called once; the value may be destroyed from then on. */
  giveBack(): Promise<void>;
}

interface Entry<T> {
  readonly key: string;
  readonly value: Promise<T>;
  readonly cost: number;
  users: number;
}

export interface LendingOptions<T> {
  /** A limit for everything together that nobody uses at the moment. */
  readonly maxIdle: number;
  readonly maxIdleCost: number;
  destroy(value: T): Promise<void>;
}

/** Values by key. Those that nobody uses are kept as far as the bounds allow, the latest used first. */
export class Lending<T> {
  readonly #entries = new Map<string, Entry<T>>();
  readonly #options: LendingOptions<T>;

  constructor(options: LendingOptions<T>) {
    this.#options = options;
  }

  /** Loans that were not given back. */
  get inUse(): number {
    return [...this.#entries.values()].reduce((sum, { users }) => sum + users, 0);
  }

  /** @param cost of keeping the value, in the unit of `maxIdleCost` */
  async borrow(key: string, cost: number, make: () => Promise<T>): Promise<Loan<T>> {
    const entry = this.#entries.get(key) ?? { key, value: make(), cost, users: 0 };
    entry.users++;
    this.#entries.set(key, entry);
    try {
      return { value: await entry.value, giveBack: () => this.#giveBack(entry) };
    } catch (error) {
      // What could not be made is not kept: the next one tries again.
      if (this.#entries.get(key) === entry) this.#entries.delete(key);
      throw error;
    }
  }

  async #giveBack(entry: Entry<T>): Promise<void> {
    entry.users--;
    // The order of a map is that of insertion: the latest used comes last.
    this.#entries.delete(entry.key);
    this.#entries.set(entry.key, entry);
    await this.#destroyOldest();
  }

  async #destroyOldest(): Promise<void> {
    let [count, cost] = [0, 0];
    for (const entry of [...this.#entries.values()].reverse()) {
      // While one is destroyed, others may be given back and destroy what is still ahead in this copy of the list.
      if (entry.users > 0 || this.#entries.get(entry.key) !== entry) continue;
      if (count < this.#options.maxIdle && cost + entry.cost <= this.#options.maxIdleCost) {
        count++;
        cost += entry.cost;
        continue;
      }
      this.#entries.delete(entry.key);
      await this.#options.destroy(await entry.value);
    }
  }
}
