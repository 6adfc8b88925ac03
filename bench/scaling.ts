/** @file Trials per second of the service's own pool: two worker threads against one. */
import { readFileSync } from 'node:fs';
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

async function runTrials(pool: Pool, experiment: Experiment): Promise<number> {
  const start = performance.now();
  const results = await Promise.all(
    Array.from({ length: TRIALS }, (_, seed) =>
      pool.run({ experiment, seed, keepWeights: false, cancel: new SharedArrayBuffer(4) }),
    ),
  );
  for (const result of results) if (!result.ok) throw new Error(result.error.detail);
  return performance.now() - start;
}

export interface Scaling {
  readonly experiment: string;
  /** Trials per second. */
  readonly one: number;
  readonly two: number;
  readonly factor: number;
}

export async function measureScaling(rounds: number): Promise<Scaling> {
  const experiment = readExample();
  const pools = new Map([1, 2].map((threads) => [threads, createPool(threads)]));
  const measurements = new Map<number, Measurement>();
  for (const [threads, pool] of pools) measurements.set(threads, () => runTrials(pool, experiment));
  // Every thread has then trained.
  await interleave(1, measurements);
  const found = await interleave(rounds, measurements);
  await Promise.all([...pools.values()].map((pool) => pool.close()));
  const [one, two] = [found.get(1) ?? [], found.get(2) ?? []];
  const rate = (ms: readonly number[]) => (TRIALS * 1000) / median(ms);
  return { experiment: EXAMPLE, one: rate(one), two: rate(two), factor: ratio(one, two) };
}
