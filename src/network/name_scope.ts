/** @file How layers without a name are numbered, and named layers whose copies need names of their own. */
import type { LayerConfig } from './layers/index.ts';

const next = (counts: Map<string, number>, key: string): string => {
  const number = (counts.get(key) ?? 0) + 1;
  counts.set(key, number);
  return `${key}_${number}`;
};

/** The whole network, or one copy of what a `repeat` holds: each counts its layers from 1. */
export class NameScope {
  readonly #ofType = new Map<string, number>();
  readonly #ofName = new Map<string, number>();

  /** `<type>_<n>` unless named; `<name>_<n>` for what stands in a `repeat` of this scope (`repeated`). */
  nameOf({ type, name }: LayerConfig, repeated: boolean): string {
    const numbered = next(this.#ofType, type);
    if (name === undefined) return numbered;
    return repeated ? next(this.#ofName, name) : name;
  }
}
