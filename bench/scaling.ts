/** @file Trials per second of the service's own pool: two worker threads against one. */
import { readFileSync } from 'node:fs';
import { Worker } from 'node:worker_threads';
import { type Experiment, parseExperiment } from '../src/experiment/index.ts';
import { createPool, type Pool } from '../src/jobs/pool.ts';
import { interleave, type Measurement, median, ratio } from './rounds.ts';

const TRIALS = 12;
const EXAMPLE = 'digits-mlp.json';

function readExample(): Experiment {
  const file = new URL(`../examples/${EXAMPLE}`, import.meta.url);
  const parsed = parseExperiment(JSON.parse(readFileSync(file, 'utf8')));
  if (!parsed.ok) throw new Error(JSON.stringify(parsed.error));
  return parsed.value.experiment;
}

/** What a round of trials took, milliseconds. */
interface Taken {
  readonly wall: number;
  readonly cpu: number;
}

async function runTrials(pool: Pool, experiment: Experiment): Promise<Taken> {
  const start = performance.now();
  const before = process.cpuUsage();
  const results = await Promise.all(
    Array.from({ length: TRIALS }, (_, seed) =>
      pool.run({ experiment, seed, keepWeights: false, cancel: new SharedArrayBuffer(4) }),
    ),
  );
  for (const result of results) if (!result.ok) throw new Error(result.error.detail);
  const { user, system } = process.cpuUsage(before);
  return { wall: performance.now() - start, cpu: (user + system) / 1000 };
}

/** Arithmetic in registers: what a second thread could at best be worth on this machine at this time. */
const SPIN = 'let x = 1; for (let i = 0; i < 5e8; i++) x = x * 1.0000001 + 1e-9; if (x === 0) throw x;';

async function spin(threads: number): Promise<number> {
  const start = performance.now();
  await Promise.all(
    Array.from({ length: threads }, () => {
      const worker = new Worker(SPIN, { eval: true });
      return new Promise<void>((resolve, reject) =>
        worker.once('error', reject).once('exit', () => resolve()),
      );
    }),
  );
  return performance.now() - start;
}

export interface Scaling {
  readonly experiment: string;
  /** Trials per second. */
  readonly one: number;
  readonly two: number;
  readonly factor: number;
  /** The same factor of a loop that needs nothing but a core. */
  readonly attainable: number;
  /** The slowest round of that loop on one thread over the fastest. */
  readonly spread: number;
  /** CPU time over wall time of one thread; on a busy machine less than it takes. */
  readonly cores: number;
  /** CPU time of a trial beside another, in parts of that of a trial alone. */
  readonly work: number;
}

type Contest = 'one' | 'two' | 'spin one' | 'spin two';

export async function measureScaling(rounds: number): Promise<Scaling> {
  const experiment = readExample();
  const pools = [createPool(1), createPool(2)] as const;
  const cpu: Record<'one' | 'two', number[]> = { one: [], two: [] };
  const trials = (pool: Pool, into: number[]) => async () => {
    const taken = await runTrials(pool, experiment);
    into.push(taken.cpu);
    return taken.wall;
  };
  const measurements = new Map<Contest, Measurement>([
    ['one', trials(pools[0], cpu.one)],
    ['two', trials(pools[1], cpu.two)],
    ['spin one', () => spin(1)],
    ['spin two', () => spin(2)],
  ]);
  // Every thread has then trained.
  await interleave(1, measurements);
  for (const values of Object.values(cpu)) values.length = 0;
  const found = await interleave(rounds, measurements);
  await Promise.all(pools.map((pool) => pool.close(60_000)));
  const of = (name: Contest) => found.get(name) ?? [];
  const rate = (name: Contest) => (TRIALS * 1000) / median(of(name));
  return {
    experiment: EXAMPLE,
    one: rate('one'),
    two: rate('two'),
    factor: ratio(of('one'), of('two')),
    cores: ratio(cpu.one, of('one')),
    work: ratio(cpu.two, cpu.one),
    attainable: 2 * ratio(of('spin one'), of('spin two')),
    spread: Math.max(...of('spin one')) / Math.min(...of('spin one')),
  };
}
