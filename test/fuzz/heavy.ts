/**
 * @file Requests that ask for as much as the schemas allow, and jobs of them, to their end. Meanwhile /healthz is asked all the time,
 * of the service and of an idle one beside it, which tells what the machine does to anyone.
 */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type ServerProcess, startServerProcess } from '../faults/server_process.ts';
import { boundQueries, boundRequests, SHORT_BODY, WHOLE_BODY } from './bounds.ts';
import { watchHealth } from './healthz.ts';
import {
  attention,
  deep,
  formulas,
  longRecord,
  rows,
  sharedMegabyte,
  sinusoids,
  unitPasses,
} from './heavy_requests.ts';

export interface HeavyResult {
  readonly name: string;
  /** How often each status was answered. */
  readonly statuses: Readonly<Record<number, number>>;
  /** Of the jobs that were accepted: how they ended. */
  readonly jobs: readonly string[];
  readonly seconds: number;
  /** Of /healthz, and of an idle service's at the same time; milliseconds. */
  readonly p99_ms: number;
  readonly idle_p99_ms: number;
  readonly max_ms: number;
  /** Of /healthz, without the time in which the machine gave no core to who answers or who asks. */
  readonly own_p99_ms: number;
  /** Resident memory at its most, above its rest before all requests. */
  readonly grown_mib: number;
}

const sleep = (ms: number) => new Promise((wake) => setTimeout(wake, ms));

/** Sends, counts the answers, and knows the jobs by the names of the steps that have made them. */
class Client {
  readonly #url: string;
  readonly #ids = new Map<string, string>();
  statuses: Record<number, number> = {};
  jobs: string[] = [];

  constructor(url: string) {
    this.#url = url;
  }

  async send(path: string, body?: string, headers: Record<string, string> = {}): Promise<string> {
    const request =
      body === undefined
        ? { headers }
        : { method: 'POST', headers: { 'content-type': 'application/json', ...headers }, body };
    const response = await fetch(this.#url + path, request);
    const text = await response.text();
    this.statuses[response.status] = (this.statuses[response.status] ?? 0) + 1;
    return text;
  }

  /** Until it has ended, however long that takes. */
  async job(step: string, body: string): Promise<void> {
    const prefer = { prefer: 'wait=60' };
    let job = JSON.parse(await this.send('/v1/jobs', body)) as { id?: string; status: string };
    if (job.id === undefined) return;
    this.#ids.set(step, job.id);
    while (job.status === 'queued' || job.status === 'running')
      job = JSON.parse(await this.send(`/v1/jobs/${job.id}`, undefined, prefer)) as typeof job;
    this.jobs.push(job.status);
  }

  /** Of the job that the step has made. */
  pathOf(step: string): string {
    const id = this.#ids.get(step);
    if (id === undefined) throw new Error(`"${step}" has made no job`);
    return `/v1/jobs/${id}`;
  }
}

interface Step {
  readonly name: string;
  /** Whether `npm test` takes it. */
  readonly short: boolean;
  run(client: Client): Promise<unknown>;
}

const post = (name: string, path: string, body: () => object, times = 1, short = false): Step => ({
  ...{ name, short },
  run(client) {
    const text = JSON.stringify(body());
    return Promise.all(Array.from({ length: times }, () => client.send(path, text)));
  },
});

const job = (name: string, body: () => object, short = false): Step => ({
  ...{ name, short },
  run: (client) => client.job(name, JSON.stringify(body())),
});

const DOCUMENTS = [
  '/result',
  '/result?include=data',
  '/report',
  '/runs',
  '/series?run=baseline/0',
  '/statistics?limit=100000',
  '/events?limit=1000',
  '/weights',
  '/model',
];
const ALL_ROWS = ['/statistics?format=csv', '/statistics?format=parquet'];
/** A seventeenth of the rows: all of a long record are gigabytes. */
const SOME_ROWS = ALL_ROWS.map((suffix) => `${suffix}&metric=rms`);

/** What is read of a job, so often each, at the same time. */
const read = (
  name: string,
  of: string,
  times: number,
  { short = false, rows = ALL_ROWS }: { short?: boolean; rows?: readonly string[] } = {},
): Step => ({
  ...{ name, short },
  run(client) {
    const path = client.pathOf(of);
    const suffixes = [...DOCUMENTS, ...rows];
    const all = Array.from({ length: times }, () => suffixes).flat();
    return Promise.all(all.map((suffix) => client.send(path + suffix)));
  },
});

/** So many under way together: as many as a busy client's connections. */
const AT_ONCE = 8;

/** @param every so many-th of them */
const bounds = (name: string, every: number, bytes: number, short = false): Step => ({
  ...{ name, short },
  async run(client) {
    const requests = boundRequests(bytes, every);
    const work = async () => {
      for (let next = requests.next(); next.done !== true; next = requests.next()) {
        const { path, body } = next.value;
        const { id = null } = JSON.parse(await client.send(path, body)) as { id?: string };
        // What a job does is tried above.
        if (id !== null) await client.send(`/v1/jobs/${id}/cancel`, '{}');
      }
    };
    await Promise.all(Array.from({ length: AT_ONCE }, work));
  },
});

const queries = (name: string, of: string, short = false): Step => ({
  ...{ name, short },
  run: (client) =>
    Promise.all(boundQueries(client.pathOf(of).replace('/v1/jobs/', '')).map((path) => client.send(path))),
});

const MANY_ROWS = 'a job of 200,000 × 10 numbers';
const DEEP = 'a job of 1,000 sigmoid layers';
const LONG_RECORD = 'a job that records a quarter of a gigabyte';
const PREFLIGHT = '/v1/preflight';

const steps: readonly Step[] = [
  post('causal attention over 20,000 tokens', PREFLIGHT, () => attention(20_000), 1, true),
  post('sinusoidal positions 100,000 × 2,000', PREFLIGHT, () => sinusoids(100_000, 2000), 1, true),
  job('a job of causal attention over 10,000 tokens', () => attention(10_000), true),
  post('a megabyte of weights under 3,000 names', PREFLIGHT, () => sharedMegabyte(3000), 1, true),
  {
    name: '300 catalogues',
    short: true,
    run: (client) => Promise.all(Array.from({ length: 300 }, () => client.send('/v1/catalog'))),
  },
  post('a diagnosis with 400 formulas', '/v1/diagnoses', () => formulas(400), 1, true),
  post(
    'a diagnosis of 2,000 layers and 10,000 counts of units',
    '/v1/diagnoses',
    () => unitPasses(2000, 10_000),
    1,
    true,
  ),
  post('8 preflights of 1,500 layers', PREFLIGHT, () => deep(1500), 8, true),
  job(MANY_ROWS, () => rows(200_000), true),
  read('all that there is of it, 4 times', MANY_ROWS, 4, { short: true }),
  queries('its queries at their bounds', MANY_ROWS, true),
  bounds('every 40th value at a bound of the schemas', 40, SHORT_BODY, true),
  job(DEEP, () => deep(1000)),
  read('all that there is of it, twice', DEEP, 2),
  job('a job of 1,990 sigmoid layers', () => deep(1990)),
  job(LONG_RECORD, longRecord),
  read('what is read of it, twice', LONG_RECORD, 2, { rows: SOME_ROWS }),
  post('40 preflights of 1,500 layers', PREFLIGHT, () => deep(1500), 40),
  post('a diagnosis with 1,600 formulas', '/v1/diagnoses', () => formulas(1600)),
  post('a preflight of 1,990 layers', PREFLIGHT, () => deep(1990)),
  bounds('every value at a bound of the schemas', 1, WHOLE_BODY),
];

const memory = (pid: number, field: 'VmRSS' | 'VmHWM'): number =>
  Number(new RegExp(`${field}:\\s+(\\d+)`).exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]) / 1024;

/** VmHWM counts from now on (proc(5)). */
const forgetPeak = (pid: number) => writeFileSync(`/proc/${pid}/clear_refs`, '5');

/** Fewer answers of /healthz have no 99th percentile. */
const LEAST_MS = 2000;

/** @param which the steps: those of `npm test`, or all */
export async function sendHeavy(
  which: 'short' | 'long',
  tell: (text: string) => void = () => {},
): Promise<HeavyResult[]> {
  const folders = ['busy', 'idle'].map((name) => mkdtempSync(join(tmpdir(), `gradclinic-${name}-`)));
  const [busy, idle] = (await Promise.all(
    folders.map((DATA_DIR) =>
      startServerProcess({ settings: { DATA_DIR, RATE_LIMIT_PER_MINUTE: '1000000', LOG_LEVEL: 'warn' } }),
    ),
  )) as [ServerProcess, ServerProcess];
  const health = watchHealth([busy, idle]);
  try {
    const client = new Client(busy.url);
    // The first ones start the threads.
    await client.job('first', JSON.stringify(deep(2)));
    await Promise.all(['/report', '/runs'].map((suffix) => client.send(client.pathOf('first') + suffix)));
    const rest = memory(busy.pid, 'VmRSS');
    const results: HeavyResult[] = [];
    for (const { name, run } of steps.filter(({ short }) => short || which === 'long')) {
      Object.assign(client, { statuses: {}, jobs: [] });
      forgetPeak(busy.pid);
      await health.take();
      const start = performance.now();
      await Promise.all([run(client), sleep(LEAST_MS)]);
      const seconds = Math.round((performance.now() - start) / 100) / 10;
      const [own, others] = await health.take();
      const { statuses, jobs } = client;
      const result = {
        ...{ name, statuses, jobs, seconds },
        p99_ms: Math.round(own?.p99_ms ?? Infinity),
        idle_p99_ms: Math.round(others?.p99_ms ?? 0),
        max_ms: Math.round(own?.max_ms ?? Infinity),
        own_p99_ms: Math.round(own?.own_p99_ms ?? Infinity),
        grown_mib: Math.round(memory(busy.pid, 'VmHWM') - rest),
      };
      results.push(result);
      tell(JSON.stringify(result));
    }
    return results;
  } finally {
    await health.stop();
    await Promise.all([busy.kill(), idle.kill()]);
    for (const folder of folders) rmSync(folder, { recursive: true, force: true });
  }
}

const MAX_P99_MS = 100;
const MAX_GROWN_MIB = 1024;

/**
 * What must not be. The time of /healthz is judged without the waits for a core, which whatever else the machine does makes longer;
 * on a machine that does nothing else, by the clock as well.
 */
export const heavyFaults = (results: readonly HeavyResult[], { quiet }: { quiet: boolean }): string[] =>
  results.flatMap(({ name, statuses, jobs, p99_ms, idle_p99_ms, own_p99_ms, grown_mib }) => [
    ...(own_p99_ms > MAX_P99_MS
      ? [`${name}: /healthz took ${own_p99_ms} ms at p99 without waits for a core`]
      : []),
    ...(quiet && p99_ms > MAX_P99_MS + idle_p99_ms
      ? [`${name}: /healthz took ${p99_ms} ms at p99, an idle service's ${idle_p99_ms}`]
      : []),
    ...(grown_mib > MAX_GROWN_MIB ? [`${name}: the process grew by ${grown_mib} MiB`] : []),
    ...(statuses[500] !== undefined ? [`${name}: 500`] : []),
    ...jobs.filter((status) => status !== 'succeeded').map((status) => `${name}: the job ${status}`),
  ]);
