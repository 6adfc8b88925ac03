/** @file Malformed requests: never a 5xx, always a problem with a code, and a pointer where the body is at fault. */
import fc from 'fast-check';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { startTestService, type TestService, tinyExperiment } from './service.ts';

let service: TestService;

beforeAll(async () => {
  service = await startTestService();
});
afterAll(() => service.close());

type Path = (string | number)[];

const paths = (node: unknown, at: Path = []): Path[] =>
  typeof node === 'object' && node !== null
    ? Object.entries(node).flatMap(([key, value]) => {
        const here = [...at, Array.isArray(node) ? Number(key) : key];
        return [here, ...paths(value, here)];
      })
    : [];

const base = tinyExperiment();

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

function mutate(path: Path, change: Mutation): unknown {
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

const bodies = fc.oneof(
  {
    weight: 6,
    arbitrary: fc
      .tuple(fc.constantFrom(...paths(base)), mutation)
      .map(([path, change]) => JSON.stringify(mutate(path, change))),
  },
  { weight: 1, arbitrary: fc.string({ maxLength: 50 }) },
  { weight: 1, arbitrary: fc.json() },
);

it('300 malformed or mutated experiments: no 5xx, each refusal with code and pointer', async () => {
  await fc.assert(
    fc.asyncProperty(fc.constantFrom('/v1/preflight', '/v1/jobs'), bodies, async (path, body) => {
      const response = await service.post(path, body);
      const text = await response.text();
      expect(response.status, text).toBeLessThan(500);
      if (response.status < 400) return;
      const problem = JSON.parse(text) as {
        code: string;
        errors?: { pointer: string }[];
        limits?: unknown[];
      };
      expect(problem.code).toMatch(/^[a-z_]+$/);
      if (problem.code === 'validation_failed') {
        expect(problem.errors?.length).toBeGreaterThan(0);
        for (const { pointer } of problem.errors ?? [])
          expect(pointer === '' || pointer.startsWith('/')).toBe(true);
      }
    }),
    { numRuns: 300, seed: 20261123 },
  );
  expect((await service.get('/healthz')).status).toBe(200);
});

it('bytes that are not UTF-8 are refused', async () => {
  const response = await fetch(`${service.url}/v1/jobs`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: Uint8Array.of(0x22, 0xff, 0xfe, 0x22),
  });
  expect(response.status).toBe(400);
});
