/** @file JSON from bytes: bounded before it is parsed, no prototype keys. */
import { beyondShape, type ShapeLimits } from '../util/json_shape.ts';
import { ModelUnreadable } from './model.ts';

/** A model of a thousand layers has some ten thousand objects. */
const LIMITS: ShapeLimits = { depth: 200, members: 100_000, containers: 1_000_000, objects: 200_000 };

const refusals: Readonly<Record<keyof ShapeLimits, string>> = {
  depth: `the JSON is nested deeper than ${LIMITS.depth} levels`,
  members: `an object of the JSON has more than ${LIMITS.members} members`,
  containers: `the JSON has more than ${LIMITS.containers} objects and arrays`,
  objects: `the JSON has more than ${LIMITS.objects} objects`,
};

/** The JSON of a model, without its weights, in bytes. */
const MAX_BYTES = 64 * 2 ** 20;

function refusePrototypeKeys(value: unknown): void {
  if (typeof value !== 'object' || value === null) return;
  if (Object.hasOwn(value, '__proto__')) throw new ModelUnreadable('the key "__proto__" is not allowed');
  for (const item of Object.values(value)) refusePrototypeKeys(item);
}

/** @throws ModelUnreadable */
export function parseJson(bytes: Uint8Array): unknown {
  if (bytes.length > MAX_BYTES)
    throw new ModelUnreadable(`the JSON has ${bytes.length} bytes, more than ${MAX_BYTES}`);
  const beyond = beyondShape(bytes, LIMITS);
  if (beyond !== null) throw new ModelUnreadable(refusals[beyond]);
  let value: unknown;
  try {
    value = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes).replace(/^\u{feff}/u, ''));
  } catch {
    throw new ModelUnreadable('the file begins like JSON, but is none');
  }
  // to_json() that was itself written as JSON.
  if (typeof value === 'string' && value.startsWith('{')) return parseJson(new TextEncoder().encode(value));
  refusePrototypeKeys(value);
  return value;
}
