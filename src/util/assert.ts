/** @file Broken invariants: a bug of ours, never the client's. */

export class InvariantError extends Error {
  override name = 'InvariantError';
}

export function assert(condition: unknown, message: string): asserts condition {
  if (!condition) throw new InvariantError(message);
}

/** The value, where `noUncheckedIndexedAccess` cannot know that it is there. */
export function present<T>(value: T | null | undefined, what = 'value'): T {
  if (value === null || value === undefined) throw new InvariantError(`${what} is missing`);
  return value;
}
