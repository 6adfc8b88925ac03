/** @file Bodies that are nearly right: one place of a good one dropped, renamed, or replaced by junk. */
import fc from 'fast-check';

type Path = (string | number)[];

const pathsOf = (node: unknown, at: Path = []): Path[] =>
  typeof node === 'object' && node !== null
    ? Object.entries(node).flatMap(([key, value]) => {
        const here = [...at, Array.isArray(node) ? Number(key) : key];
        return [here, ...pathsOf(value, here)];
      })
    : [];

/** Written by name in JSON, because `__proto__` in an object literal is something else. */
const prototypeKeys = ['__proto__', 'constructor', 'prototype'].map(
  (key) => JSON.parse(`{"${key}": {"polluted": true}}`) as unknown,
);

const junk = fc.oneof(
  fc.constantFrom<unknown>(
    null,
    -1,
    0.5,
    1e308,
    -1e308,
    '',
    'NaN',
    '\u0000',
    '\ud800',
    [],
    {},
    [[]],
    true,
    'x'.repeat(5000),
    ...prototypeKeys,
  ),
  fc.jsonValue({ maxDepth: 3 }),
  fc.integer({ min: 2 ** 31, max: Number.MAX_SAFE_INTEGER }),
);

type Mutation = { kind: 'drop' | 'rename' } | { kind: 'set'; value: unknown };

const mutation: fc.Arbitrary<Mutation> = fc.oneof(
  fc.constant<Mutation>({ kind: 'drop' }),
  fc.constant<Mutation>({ kind: 'rename' }),
  junk.map((value): Mutation => ({ kind: 'set', value })),
);

function mutate(base: unknown, path: Path, change: Mutation): unknown {
  const copy = structuredClone(base);
  const parent = path
    .slice(0, -1)
    .reduce<Record<string | number, unknown>>((node, key) => node[key] as never, copy as never);
  const key = path.at(-1) as string | number;
  if (change.kind === 'set') parent[key] = change.value;
  else {
    if (change.kind === 'rename') parent[`${key}_`] = parent[key];
    delete parent[key];
  }
  return copy;
}

/** One change to `base`; junk where there is nothing in it to change. */
export function nearly(base: unknown): fc.Arbitrary<unknown> {
  const paths = pathsOf(base);
  if (paths.length === 0) return junk;
  return fc.tuple(fc.constantFrom(...paths), mutation).map(([path, change]) => mutate(base, path, change));
}
