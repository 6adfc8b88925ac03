/** @file Lists in schemas: what zod says of them, but of ten wrong elements at most; and that every list of a request is one of these. */
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { endpoints } from '../../../src/http/routes/index.ts';
import { isList, list } from '../../../src/util/list.ts';

const item = z.strictObject({ a: z.int().min(0), b: z.string().default('x') });
const pair = [list(item).min(1).max(3), z.array(item).min(1).max(3)] as const;

describe('a list', () => {
  it.each([
    ['good elements', [{ a: 1 }, { a: 2, b: 'y' }]],
    ['no elements', []],
    ['too many', [{ a: 1 }, { a: 1 }, { a: 1 }, { a: 1 }]],
    ['a wrong element', [{ a: 1 }, { a: -1, c: 0 }]],
    ['no list', { 0: { a: 1 } }],
    ['nothing', undefined],
  ])('is what zod makes of it: %s', (_, value) => {
    const [own, theirs] = pair.map((schema) => schema.safeParse(value));
    expect(own).toEqual(theirs);
  });

  it('has the JSON Schema of an array, its checks and its description', () => {
    const [own, theirs] = pair.map((schema) => z.toJSONSchema(schema.describe('some'), { io: 'input' }));
    expect(own).toEqual(theirs);
  });

  it('stops at the tenth wrong element, also in lists of lists', () => {
    const wrong = Array.from({ length: 1000 }, () => 'a');
    const faults = (schema: z.ZodType, value: unknown) => schema.safeParse(value).error?.issues.length;
    expect(faults(list(z.number()), wrong)).toBe(10);
    expect(faults(list(list(z.number())), Array(1000).fill(wrong))).toBe(100);
    expect(faults(z.array(z.number()), wrong)).toBe(1000);
  });
});

/** Of a schema, what it is made of. */
function partsOf(schema: z.core.$ZodType): z.core.$ZodType[] {
  const { def } = schema._zod as unknown as { def: Record<string, unknown> };
  const isSchema = (value: unknown): value is z.core.$ZodType =>
    typeof value === 'object' && value !== null && '_zod' in value;
  const within = (value: unknown): z.core.$ZodType[] => {
    if (isSchema(value)) return [value];
    if (Array.isArray(value)) return value.flatMap(within);
    if (typeof value === 'function' && def.type === 'lazy') return within(value());
    if (typeof value !== 'object' || value === null || Object.getPrototypeOf(value) !== Object.prototype)
      return [];
    return Object.values(value).flatMap(within);
  };
  return Object.entries(def)
    .filter(([key]) => key !== 'checks')
    .flatMap(([, value]) => within(value));
}

function allParts(schema: z.core.$ZodType, seen: Set<z.core.$ZodType> = new Set()): Set<z.core.$ZodType> {
  if (seen.has(schema)) return seen;
  seen.add(schema);
  for (const part of partsOf(schema)) allParts(part, seen);
  return seen;
}

it('is what every list of a request is', () => {
  const bodies = endpoints.flatMap(({ operationId, body }) =>
    body === undefined ? [] : [[operationId, body.schema] as const],
  );
  const arrays = bodies.flatMap(([id, schema]) =>
    [...allParts(schema)]
      .filter((part) => part._zod.def.type === 'array')
      .map((part) => ({ id, isList: isList(part) })),
  );
  expect(arrays.length).toBeGreaterThan(40);
  expect(arrays.filter((array) => !array.isList)).toEqual([]);
});
