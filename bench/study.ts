/**
 * @file Whole studies on two worker threads, and what the same trials take in PyTorch on two processes: the code that the
 * service hands out for each, with the same batches, steps and statistics. A sample of the trials stands for all.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { loadData } from '../src/data/index.ts';
import { unpackTrace } from '../src/diagnosis/index.ts';
import { type Experiment, inputsOf, parseExperiment } from '../src/experiment/index.ts';
import { codeOf } from '../src/export/index.ts';
import { createPool, type Pool, type TimedTrace } from '../src/jobs/pool.ts';
import { runStudy, type Trial } from '../src/study/index.ts';
import { canonicalJson } from '../src/util/json.ts';
import { here } from './peer.ts';

/** With what is wanted: PyTorch's time over ours. */
const STUDIES = [
  ['deep-sigmoid', 2],
  ['digits-mlp', 2],
  ['dead-relu', 2],
  ['lstm-classifier', 1],
  ['resnet', 1],
] as const;

/** Trials that PyTorch trains, evenly spaced among all. */
const SAMPLE = 10;
const THREADS = 2;

export interface StudyTimes {
  readonly name: string;
  readonly wanted: number;
  readonly trials: number;
  /** Seconds from the experiment to the report. */
  readonly seconds: number;
  /** Of all thread time of trials, the part before their first pass. */
  readonly preparation: number;
  /** Mean seconds of a sampled trial, two at a time. */
  readonly ours: number;
  readonly pytorch: number;
  /** Sampled trials that both have trained. */
  readonly sampled: number;
}

interface Trained {
  readonly trial: Trial;
  readonly timed: TimedTrace;
}

function read(name: string): Experiment {
  const file = new URL(`../examples/${name}.json`, import.meta.url);
  const parsed = parseExperiment(JSON.parse(readFileSync(file, 'utf8')));
  if (!parsed.ok) throw new Error(JSON.stringify(parsed.error));
  return parsed.value.experiment;
}

/** Runs the study as the service does: equal trials are trained once. */
async function study(experiment: Experiment, pool: Pool): Promise<Trained[]> {
  const known = new Map<string, Promise<Trained>>();
  await runStudy(experiment, {
    async train(trial) {
      const { network, data, training, diagnostics } = trial.experiment;
      const key = canonicalJson({ network, data, training, diagnostics, seed: trial.seed });
      const training_ = known.get(key) ?? trainIn(pool, trial);
      known.set(key, training_);
      return unpackTrace((await training_).timed.part);
    },
    onProgress: () => {},
    isOutOfTime: () => false,
  });
  return Promise.all(known.values());
}

async function trainIn(pool: Pool, trial: Trial): Promise<Trained> {
  const { experiment, seed, keepWeights } = trial;
  const result = await pool.run({ experiment, seed, keepWeights, cancel: new SharedArrayBuffer(4) });
  if (!result.ok) throw new Error(result.error.detail);
  return { trial, timed: result.value };
}

/** A process that trains trial after trial; answers seconds, or null where it could not. */
class TorchProcess {
  readonly #child: ChildProcess;
  readonly #lines: AsyncIterator<string>;

  /** @param openblas folder with the BLAS to use in place of the system's */
  constructor(openblas: string | undefined) {
    this.#child = spawn('/usr/bin/python3', [here('./pytorch_study.py')], {
      stdio: ['pipe', 'pipe', 'inherit'],
      env: {
        ...process.env,
        ...{ OMP_NUM_THREADS: '1', OPENBLAS_NUM_THREADS: '1', MKL_NUM_THREADS: '1' },
        ...(openblas && { LD_LIBRARY_PATH: openblas }),
      },
    });
    this.#child.on('error', () => {});
    this.#child.stdin?.on('error', () => {});
    this.#lines = createInterface({ input: this.#child.stdout as NodeJS.ReadableStream })[
      Symbol.asyncIterator
    ]();
  }

  async train({ experiment, seed }: Trial): Promise<number | null> {
    const { training } = loadData(experiment.data, seed, inputsOf(experiment));
    const request = {
      code: codeOf(experiment).pytorch,
      seed,
      count: training.count,
      inputs: Array.from(training.inputs.toFloat32()),
      targets: Array.from(training.targets),
      probe_every: experiment.diagnostics.probe_every,
    };
    this.#child.stdin?.write(`${JSON.stringify(request)}\n`);
    const { value, done } = await this.#lines.next();
    if (done) throw new Error('PyTorch ended');
    const answer = JSON.parse(value) as { seconds?: number; error?: string };
    if (answer.error !== undefined) console.error(`  left out: ${answer.error}`);
    return answer.seconds ?? null;
  }

  close(): void {
    this.#child.stdin?.end();
  }
}

/** Each of the workers takes the next trial when it has trained one. */
async function inTurns<T>(
  workers: readonly ((trial: Trial) => Promise<T>)[],
  trials: readonly Trial[],
): Promise<T[]> {
  const found: T[] = [];
  let next = 0;
  await Promise.all(
    workers.map(async (work) => {
      for (let at = next++; at < trials.length; at = next++) found[at] = await work(trials[at] as Trial);
    }),
  );
  return found;
}

const mean = (values: readonly number[]): number =>
  values.reduce((sum, value) => sum + value, 0) / values.length;
const sum = (values: readonly number[]): number => values.reduce((total, value) => total + value, 0);

async function measureStudy(
  name: string,
  wanted: number,
  pool: Pool,
  torch: readonly TorchProcess[],
): Promise<StudyTimes> {
  const start = performance.now();
  const trained = await study(read(name), pool);
  const seconds = (performance.now() - start) / 1000;
  const every = Math.max(1, trained.length / SAMPLE);
  const sample = Array.from(
    { length: Math.min(SAMPLE, trained.length) },
    (_, i) => trained[Math.floor(i * every)],
  )
    .filter((one) => one !== undefined)
    .map(({ trial }) => trial);
  const peers = await inTurns(
    torch.map((process) => (trial: Trial) => process.train(trial)),
    sample,
  );
  const both = sample.filter((_, i) => peers[i] !== null);
  const ours = await inTurns(
    Array.from({ length: THREADS }, () => async (trial: Trial) => (await trainIn(pool, trial)).timed.seconds),
    both,
  );
  return {
    name,
    wanted,
    trials: trained.length,
    seconds,
    preparation:
      sum(trained.map(({ timed }) => timed.preparation)) / sum(trained.map(({ timed }) => timed.seconds)),
    ours: mean(ours),
    pytorch: mean(peers.filter((peer) => peer !== null)),
    sampled: both.length,
  };
}

/** @param only part of the names */
export async function measureStudies(only: string, openblas?: string): Promise<StudyTimes[]> {
  const pool = createPool(THREADS);
  const torch = Array.from({ length: THREADS }, () => new TorchProcess(openblas));
  const found: StudyTimes[] = [];
  try {
    for (const [name, wanted] of STUDIES) {
      if (!name.includes(only)) continue;
      console.error(`study ${name}`);
      found.push(await measureStudy(name, wanted, pool, torch));
    }
  } finally {
    for (const process of torch) process.close();
    await pool.close(60_000);
  }
  return found;
}
