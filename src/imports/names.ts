/** @file Names of another framework as names that this service takes, each once. */

const MAX_LENGTH = 64;

export class Names {
  readonly #taken = new Set<string>(['input']);

  /** The name itself where it can be one and is free; else the nearest that is. */
  take(wanted: string): string {
    const cleaned = wanted
      .slice(0, 4 * MAX_LENGTH)
      .replaceAll(/[^A-Za-z0-9_.-]+/g, '_')
      .replace(/^[^A-Za-z]+/, '');
    const base = cleaned.slice(-MAX_LENGTH + 6).replace(/^[^A-Za-z]+/, '') || 'layer';
    let name = cleaned.length > 0 && cleaned.length <= MAX_LENGTH ? cleaned : base;
    for (let n = 2; this.#taken.has(name); n++) name = `${base}_${n}`;
    this.#taken.add(name);
    return name;
  }
}
