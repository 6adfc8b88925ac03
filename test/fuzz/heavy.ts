/**
 * @file Requests that ask for as much as the schemas allow. During each the event loop of the service stays free, and its
 * memory bounded; beside it an idle service tells what the machine does to anyone at the time.
 */
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type ServerProcess, startServerProcess } from '../faults/server_process.ts';

type Layer = Record<string, unknown>;

const experiment = (network: object, data: object, changes: object = {}) => ({
  network,
  data,
  training: { loss: 'softmax_cross_entropy', optimizer: 'sgd', steps: 3, ...changes },
  remedies: { verify: false },
});

const deep = (layers: number, activation: unknown = 'sigmoid') =>
  experiment(
    {
      input: { shape: [2] },
      layers: [
        { type: 'repeat', times: layers, layers: [{ type: 'dense', units: 4, activation }] },
        { type: 'dense', units: 2 },
      ],
    },
    { type: 'moons', samples: 100 },
  );

const sequence = (time: number, features: number, dtype: string, layers: Layer[]) =>
  experiment(
    {
      input: { shape: dtype === 'token' ? [time] : [time, features], dtype },
      layers: [...layers, { type: 'global_average_pool1d' }, { type: 'dense', units: 2 }],
    },
    {
      type: 'inline',
      inputs: Array.from({ length: 2 }, () => new Array(time).fill(1)),
      targets: [0, 1],
    },
  );

const attention = (time: number) =>
  sequence(time, 1, 'token', [
    { type: 'embedding', vocabulary: 3, dimensions: 2 },
    { type: 'self_attention', causal: true },
  ]);

const sinusoids = (time: number, features: number) =>
  sequence(time, 1, 'token', [
    { type: 'embedding', vocabulary: 3, dimensions: features },
    { type: 'positional_embedding', kind: 'sinusoidal' },
  ]);

function sharedMegabyte(names: number): object {
  const size = 2 ** 20;
  const entry = { dtype: 'F32', shape: [size / 4], data_offsets: [0, size] };
  const header = Buffer.from(
    JSON.stringify(Object.fromEntries(Array.from({ length: names }, (_, i) => [`w${i}`, entry]))),
  );
  const file = Buffer.alloc(8 + header.length + size);
  file.writeBigUInt64LE(BigInt(header.length));
  header.copy(file, 8);
  const given = deep(1);
  return {
    ...given,
    training: {
      ...given.training,
      initial_weights: { encoding: 'safetensors', data: file.toString('base64') },
    },
  };
}

const rows = (samples: number) =>
  experiment(
    { input: { shape: [10] }, layers: [{ type: 'dense', units: 2 }] },
    {
      type: 'inline',
      inputs: Array.from({ length: samples }, (_, i) =>
        Array.from({ length: 10 }, (_unused, j) => (i * 7 + j) % 1000),
      ),
      targets: Array.from({ length: samples }, (_, i) => i % 2),
    },
  );

/** A trace of so many layers, each with a formula of its own. */
const formulas = (layers: number) => ({
  traces: [
    {
      seed: 0,
      layers: Array.from({ length: layers }, (_, i) => ({
        name: `d${i}`,
        output_shape: [4],
        type: 'dense',
        activation: { expression: `tanh(x * ${i + 1}) + x` },
      })),
      series: [],
      losses: [1, 1],
    },
  ],
});

interface Heavy {
  readonly name: string;
  readonly path: string;
  readonly body: () => object | null;
  readonly times: number;
}

const one = (name: string, path: string, body: Heavy['body'], times = 1): Heavy => ({
  name,
  path,
  body,
  times,
});

/** Those of the short form first. */
const heavy: readonly Heavy[] = [
  one('causal attention over 20,000 tokens', '/v1/preflight', () => attention(20_000)),
  one('sinusoidal positions 100,000 × 2,000', '/v1/preflight', () => sinusoids(100_000, 2000)),
  one('a job of causal attention over 10,000 tokens', '/v1/jobs', () => attention(10_000)),
  one('a megabyte of weights under 3,000 names', '/v1/preflight', () => sharedMegabyte(3000)),
  one('300 catalogues', '/v1/catalog', () => null, 300),
  one('a diagnosis with 400 formulas', '/v1/diagnoses', () => formulas(400)),
  one('8 preflights of 1,500 layers', '/v1/preflight', () => deep(1500), 8),
  one('a job of 1,000 sigmoid layers', '/v1/jobs', () => deep(1000)),
  one('40 preflights of 1,500 layers', '/v1/preflight', () => deep(1500), 40),
  one('a diagnosis with 1,600 formulas', '/v1/diagnoses', () => formulas(1600)),
  one('a job of 200,000 × 10 numbers', '/v1/jobs', () => rows(200_000)),
  one('a preflight of 1,990 layers', '/v1/preflight', () => deep(1990)),
];
export const SHORT = 7;

export interface HeavyResult {
  readonly name: string;
  /** How often each status was answered. */
  readonly statuses: Readonly<Record<number, number>>;
  /** 99th percentile of how late the event loop was, and of an idle service's at the same time; milliseconds. */
  readonly p99_ms: number;
  readonly idle_p99_ms: number;
  readonly max_ms: number;
  /** At its most, above its rest before. */
  readonly grown_mib: number;
}

const sleep = (ms: number) => new Promise((wake) => setTimeout(wake, ms));

const memory = (pid: number, field: 'VmRSS' | 'VmHWM'): number =>
  Number(new RegExp(`${field}:\\s+(\\d+)`).exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]) / 1024;

interface Delay {
  readonly msg: string;
  readonly p99_ms: number;
  readonly max_ms: number;
}

/** Since the last time it was asked. */
async function delayOf(server: ServerProcess): Promise<Delay> {
  const before = server.log.length;
  server.signal('SIGWINCH');
  for (;;) {
    const found = server.log.slice(before).find(({ msg }) => msg === 'event loop');
    if (found !== undefined) return found as unknown as Delay;
    await sleep(20);
  }
}

async function send(url: string, { path, body, times }: Heavy): Promise<Record<number, number>> {
  const content = body();
  const request =
    content === null
      ? {}
      : { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify(content) };
  const statuses: Record<number, number> = {};
  const answers = Array.from({ length: times }, async () => {
    const response = await fetch(url + path, request);
    await response.arrayBuffer();
    statuses[response.status] = (statuses[response.status] ?? 0) + 1;
  });
  await Promise.all(answers);
  if (path === '/v1/jobs') await sleep(5000);
  return statuses;
}

/** @param count of the requests, the first ones */
export async function sendHeavy(
  count = heavy.length,
  tell: (text: string) => void = () => {},
): Promise<HeavyResult[]> {
  const folders = ['busy', 'idle'].map((name) => mkdtempSync(join(tmpdir(), `gradclinic-${name}-`)));
  const preload = new URL('event_loop_delay.ts', import.meta.url).href;
  const [busy, idle] = (await Promise.all(
    folders.map((DATA_DIR) =>
      startServerProcess({
        settings: {
          DATA_DIR,
          NODE_OPTIONS: `--import=${preload}`,
          RATE_LIMIT_PER_MINUTE: '100000',
          MAX_EVENT_LOOP_DELAY_MS: '60000',
        },
      }),
    ),
  )) as [ServerProcess, ServerProcess];
  try {
    // Its first request starts the threads.
    await send(
      busy.url,
      one('first', '/v1/preflight', () => deep(2)),
    );
    const rest = memory(busy.pid, 'VmRSS');
    const results: HeavyResult[] = [];
    for (const request of heavy.slice(0, count)) {
      await Promise.all([delayOf(busy), delayOf(idle)]);
      const statuses = await send(busy.url, request);
      const [own, others] = await Promise.all([delayOf(busy), delayOf(idle)]);
      const result = {
        name: request.name,
        statuses,
        p99_ms: own.p99_ms,
        idle_p99_ms: others.p99_ms,
        max_ms: own.max_ms,
        grown_mib: Math.round(memory(busy.pid, 'VmHWM') - rest),
      };
      results.push(result);
      tell(JSON.stringify(result));
    }
    return results;
  } finally {
    await Promise.all([busy.kill(), idle.kill()]);
    for (const folder of folders) rmSync(folder, { recursive: true, force: true });
  }
}

/** What must not be. */
export const heavyFaults = (results: readonly HeavyResult[]): string[] =>
  results.flatMap(({ name, statuses, p99_ms, idle_p99_ms, grown_mib }) => [
    ...(p99_ms > 100 + idle_p99_ms
      ? [
          `${name}: the event loop was ${p99_ms.toFixed()} ms late at p99, an idle one ${idle_p99_ms.toFixed()}`,
        ]
      : []),
    ...(grown_mib > 1024 ? [`${name}: the process grew by ${grown_mib} MiB`] : []),
    ...(statuses[500] !== undefined ? [`${name}: 500`] : []),
  ]);
