/** @file The schema of `data`, derived from the parts. */
import { describe, expect, test } from 'vitest';
import { z } from 'zod';
import { dataParts, dataSchema } from '../../../src/data/index.ts';
import { commonOptions } from '../../../src/data/options.ts';

const optionsOf = (part: (typeof dataParts)[number]) => Object.keys(part.options);

/** An uploaded file is checked by test/http/files.test.ts: without the file it is refused. */
const parts = dataParts.filter(({ type }) => type !== 'file');

describe.each(parts.map((part) => [part.type, part] as const))('%s', (type, part) => {
  test('documents itself', () => {
    expect(part.title).not.toBe('');
    expect(part.description.length).toBeGreaterThan(40);
    expect(type).toMatch(/^[a-z_]+$/);
  });

  test('has no option that is common to all', () => {
    for (const name of optionsOf(part)) expect(Object.keys(commonOptions)).not.toContain(name);
  });

  test('parses to itself with its defaults filled in', () => {
    const own = type === 'inline' ? { inputs: [[1]], targets: [0] } : {};
    const parsed = dataSchema.parse({ type, ...own });
    expect(parsed).toMatchObject({ standardize: false, scale: 1, validation_split: 0.2, shuffle: true });
    expect(Object.keys(parsed)).toEqual(expect.arrayContaining(optionsOf(part)));
    expect(dataSchema.parse(parsed)).toEqual(parsed);
  });

  test('refuses unknown options', () => {
    const own = type === 'inline' ? { inputs: [[1]], targets: [0] } : {};
    const { error } = dataSchema.safeParse({ type, ...own, sample: 3 });
    expect(error?.issues).toMatchObject([{ code: 'unrecognized_keys', keys: ['sample'] }]);
  });
});

test('the defaults are those of the contract', () => {
  expect(dataSchema.parse({ type: 'circles' })).toMatchObject({ factor: 0.8 });
  expect(dataSchema.parse({ type: 'blobs' })).toMatchObject({ centers: 3, std: 1, features: 2 });
});

test('problems of options together have a path and a fix', () => {
  const { error } = dataSchema.safeParse({ type: 'sine', min: 1, max: 0 });
  expect(error?.issues).toMatchObject([{ path: ['max'], params: { fix: 'Swap min and max' } }]);
  const large = dataSchema.safeParse({ type: 'blobs', samples: 100_000, features: 100 });
  expect(large.error?.issues).toMatchObject([{ path: ['samples'] }]);
});

test('has a JSON Schema in which every set is described', () => {
  const schema = z.toJSONSchema(dataSchema, { io: 'input' }) as {
    oneOf: { description: string; properties: Record<string, { anyOf?: { items?: unknown }[] }> }[];
  };
  expect(schema.oneOf).toHaveLength(dataParts.length);
  for (const branch of schema.oneOf) expect(branch.description).not.toBe('');
  expect(schema.oneOf.at(-2)?.properties.inputs?.anyOf?.[0]?.items).toMatchObject({
    anyOf: expect.any(Array),
  });
});
