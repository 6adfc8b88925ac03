/** @file Reads the options of a Keras layer: what is not of its type is said with its name. */
import { ModelUnreadable } from '../model.ts';

export type Json = Readonly<Record<string, unknown>>;

export const isObject = (value: unknown): value is Json =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** An object of Keras: its class and how it was made. `{ "class_name": "Adam", "config": {…} }`, or a name alone. */
export interface Serialized {
  readonly class: string;
  readonly config: Json;
}

export function serialized(value: unknown): Serialized | null {
  if (typeof value === 'string') return { class: value, config: {} };
  if (!isObject(value) || typeof value.class_name !== 'string') return null;
  // A function of Keras 3: its name stands where others have their options.
  if (value.class_name === 'function' && typeof value.config === 'string')
    return { class: value.config, config: {} };
  return { class: value.class_name, config: isObject(value.config) ? value.config : {} };
}

const text = (value: unknown): string => (JSON.stringify(value) ?? '').slice(0, 100);

/** The options of one object. */
export class Options {
  readonly of: Json;
  readonly #what: string;

  constructor(of: Json, what: string) {
    this.of = of;
    this.#what = what;
  }

  #wrong(key: string, wanted: string): ModelUnreadable {
    const value = this.of[key];
    if (value === undefined)
      return new ModelUnreadable(`${this.#what} has no "${key}", which has to be ${wanted}`);
    return new ModelUnreadable(`"${key}" of ${this.#what} has to be ${wanted}, not ${text(value)}`);
  }

  without(key: string): Options {
    const { [key]: _left, ...rest } = this.of;
    return new Options(rest, this.#what);
  }

  has(key: string): boolean {
    return this.of[key] !== undefined && this.of[key] !== null;
  }

  number(key: string, otherwise?: number): number {
    const value = this.of[key] ?? otherwise;
    if (typeof value === 'number' && Number.isFinite(value)) return value;
    throw this.#wrong(key, 'a number');
  }

  int(key: string, otherwise?: number): number {
    const value = this.number(key, otherwise);
    if (Number.isSafeInteger(value)) return value;
    throw this.#wrong(key, 'a whole number');
  }

  bool(key: string, otherwise: boolean): boolean {
    const value = this.of[key] ?? otherwise;
    if (typeof value === 'boolean') return value;
    throw this.#wrong(key, 'true or false');
  }

  string(key: string, otherwise: string): string {
    const value = this.of[key] ?? otherwise;
    if (typeof value === 'string') return value;
    throw this.#wrong(key, 'a text');
  }

  /** Whole numbers, of which null may be one. */
  shape(key: string): (number | null)[] {
    const value = this.of[key];
    const isSize = (size: unknown) => size === null || Number.isSafeInteger(size);
    if (Array.isArray(value) && value.length <= 16 && value.every(isSize)) return value as (number | null)[];
    throw this.#wrong(key, 'a list of whole numbers');
  }

  /** One number for each axis; a number alone counts for all. */
  extents(key: string, axes: number, otherwise?: number): number[] {
    const value = this.of[key] ?? otherwise;
    if (typeof value === 'number') return new Array<number>(axes).fill(value);
    if (Array.isArray(value) && value.length === axes && value.every((size) => typeof size === 'number'))
      return value as number[];
    throw this.#wrong(key, axes === 1 ? 'a number' : `${axes} numbers`);
  }
}
