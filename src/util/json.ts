/** @file JSON of the wire: pointers, canonical text, and numbers that JSON cannot carry. */

import { isSealed } from './sealed.ts';

export type Json = null | boolean | number | string | Json[] | { [key: string]: Json };

const MAX_NAME = 100;

/** A name that a client has made up, as it is told back: no more of it than anybody reads. */
export const shortName = (name: string): string =>
  name.length > MAX_NAME ? `${name.slice(0, MAX_NAME)}…` : name;

const MAX_SHOWN = 80;

/** A value as a client wrote it, no more of it than anybody reads. JSON has no infinity, but numbers that are read as one. */
export function shownValue(value: unknown): string {
  if (Array.isArray(value)) return 'a list';
  if (typeof value === 'object' && value !== null) return 'an object';
  if (isNonFinite(value)) return 'beyond the range of numbers (±1.8e308)';
  const text = JSON.stringify(value) ?? 'missing';
  return text.length > MAX_SHOWN ? `${text.slice(0, MAX_SHOWN)}…` : text;
}

/** Whether a text is a number as JSON writes it: put in quotes, it is the most frequent of all wrong types. */
export const isWrittenNumber = (text: string): boolean => /^-?\d+(\.\d+)?(e[-+]?\d+)?$/i.test(text);

/** RFC 6901 pointer of a path: `['a', 0, 'b/c']` → `/a/0/b~1c`; the empty path is `''`. Long names are cut. */
export function pointerOf(path: readonly PropertyKey[]): string {
  return path.map((key) => `/${shortName(String(key)).replaceAll('~', '~0').replaceAll('/', '~1')}`).join('');
}

const nonFiniteName = (value: number) => (Number.isNaN(value) ? 'nan' : value > 0 ? 'inf' : '-inf');

/**
 * A copy in which every NaN or ±Infinity is `null`, and the object that holds it says so in
 * `non_finite: { "<field>": "nan" | "inf" | "-inf" }`. Inside arrays the field is `name[index]`.
 */
export function encodeNonFinite<T>(value: T): T {
  return encode(value) as T;
}

function encode(value: unknown): unknown {
  if (Array.isArray(value)) return value.map((item) => (isNonFinite(item) ? null : encode(item)));
  if (value === null || typeof value !== 'object') return isNonFinite(value) ? null : value;
  const result: Record<string, unknown> = {};
  const nonFinite: Record<string, string> = {};
  for (const [key, item] of Object.entries(value)) {
    if (item === undefined) continue;
    if (isNonFinite(item)) nonFinite[key] = nonFiniteName(item);
    if (Array.isArray(item)) {
      item.forEach((element, index) => {
        if (isNonFinite(element)) nonFinite[`${key}[${index}]`] = nonFiniteName(element);
      });
    }
    result[key] = encode(item);
  }
  if (Object.keys(nonFinite).length > 0) result.non_finite = nonFinite;
  return result;
}

const isNonFinite = (value: unknown): value is number => typeof value === 'number' && !Number.isFinite(value);

/** With the keys of objects sorted, and sealed numbers as what stands for them. */
function sorted(value: unknown): unknown {
  if (typeof value !== 'object' || value === null) return value;
  if (isSealed(value)) return { sha256: value.sha256, shape: value.shape };
  if (Array.isArray(value)) return value.map(sorted);
  const entries = Object.entries(value).sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0));
  return Object.fromEntries(entries.map(([key, item]) => [key, sorted(item)]));
}

/** JSON with object keys sorted: equal values give equal texts, so it can be hashed. */
export const canonicalJson = (value: unknown): string => JSON.stringify(sorted(value));

/** A copy as JSON would carry it, without what is undefined; sealed numbers are not copied. */
export function copyOf<T>(value: T): T {
  if (typeof value !== 'object' || value === null || isSealed(value)) return value;
  if (Array.isArray(value)) return value.map(copyOf) as T;
  const entries = Object.entries(value).filter(([, item]) => item !== undefined);
  return Object.fromEntries(entries.map(([key, item]) => [key, copyOf(item)])) as T;
}
