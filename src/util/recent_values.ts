/** @file Values that take long to make and are asked for again soon: the latest ones, as many as their costs allow. */

export class RecentValues<V> {
  readonly #kept = new Map<string, { readonly value: V; readonly cost: number }>();
  readonly #most: number;
  #cost = 0;

  /** @param most of what is kept, all costs together */
  constructor(most: number) {
    this.#most = most;
  }

  /**
   * What `make` gave for this key, if it is still there.
   * @param costOf what keeping the value takes, in the unit of `most`; one that takes more than all is not kept
   */
  get(key: string, make: () => V, costOf: (value: V) => number): V {
    const known = this.#kept.get(key);
    // The order of a map is that of insertion: the latest asked for comes last.
    if (known !== undefined) {
      this.#kept.delete(key);
      this.#kept.set(key, known);
      return known.value;
    }
    const value = make();
    const cost = costOf(value);
    this.#kept.set(key, { value, cost });
    this.#cost += cost;
    this.#forget();
    return value;
  }

  #forget(): void {
    for (const [key, { cost }] of this.#kept) {
      if (this.#cost <= this.#most) return;
      this.#kept.delete(key);
      this.#cost -= cost;
    }
  }
}
