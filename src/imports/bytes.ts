/** @file JSON from bytes: bounded depth, no prototype keys. */
import { ModelUnreadable } from './model.ts';

const MAX_DEPTH = 200;

function refuse(value: unknown, depth: number): void {
  if (typeof value !== 'object' || value === null) return;
  if (depth > MAX_DEPTH) throw new ModelUnreadable(`the JSON is nested deeper than ${MAX_DEPTH} levels`);
  if (Object.hasOwn(value, '__proto__')) throw new ModelUnreadable('the key "__proto__" is not allowed');
  for (const item of Object.values(value)) refuse(item, depth + 1);
}

/** @throws ModelUnreadable */
export function parseJson(bytes: Uint8Array): unknown {
  let value: unknown;
  try {
    value = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes).replace(/^\u{feff}/u, ''));
  } catch {
    throw new ModelUnreadable('the file begins like JSON, but is none');
  }
  // to_json() that was itself written as JSON.
  if (typeof value === 'string' && value.startsWith('{')) return parseJson(new TextEncoder().encode(value));
  refuse(value, 0);
  return value;
}
