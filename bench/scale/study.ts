/**
 * @file One study on one and on several worker processes, each pinned to a core of its own, beside the same study in one process
 * without a shared queue, on one thread and on as many, pinned as well: how much of each further core arrives. They take turns, round by round, so that what
 * else the machine does hits all of them. PostgreSQL and the api take their part of the same cores.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { availableParallelism, loadavg, tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { killAll, type ServerProcess, startServerProcess } from '../../test/faults/server_process.ts';
import { experiment, report, submit } from '../../test/faults/workload.ts';
import { type PostgresServer, startPostgres } from '../../test/postgres.ts';
import { processorSeconds } from './processor.ts';

const { values } = parseArgs({
  options: {
    workers: { type: 'string', default: '1,2' },
    trials: { type: 'string', default: '60' },
    /** Of a training: some five seconds of a core. */
    steps: { type: 'string', default: '45000' },
    rounds: { type: 'string', default: '1' },
    /** Trainings are handed over from so many seconds on. */
    shared: { type: 'string', default: '0' },
  },
});
const study = experiment(1, {
  steps: Number(values.steps),
  diagnostics: { probe_every: 50 },
  remedies: { seeds: 5, max_trials: Number(values.trials) },
});

interface Outcome {
  readonly seconds: number;
  /** Of all trainings together, in their threads. */
  readonly training: number;
  readonly trials: number;
  /** Of all threads of the processes that train. */
  readonly processor: number;
  readonly told: string;
}

/** One process or several that train studies together. */
interface Contender {
  readonly name: string;
  readonly cores: number;
  run(): Promise<Outcome>;
  end(): Promise<void>;
}

/** @param workers whose logs say what was trained */
async function run(api: ServerProcess, workers: readonly ServerProcess[]): Promise<Outcome> {
  const used = () => workers.reduce((sum, { pid }) => sum + processorSeconds(pid), 0);
  const before = used();
  const start = performance.now();
  const id = await submit(api.url, study);
  const told = JSON.stringify(await report(api.url, id));
  const seconds = (performance.now() - start) / 1000;
  const lines = workers.flatMap(({ log }) =>
    log.filter(({ msg, job_id }) => msg === 'trial trained' && job_id === id),
  );
  const training = lines.reduce((sum, line) => sum + (line.seconds ?? 0), 0);
  return { seconds, training, trials: lines.length, processor: used() - before, told };
}

const pinned = (cores: string, settings: Readonly<Record<string, string>>) =>
  startServerProcess({
    settings: { WORKER_THREADS: '1', ...settings },
    through: ['taskset', '--cpu-list', cores],
  });

/** What the cores are worth together, whoever shares out the trials. */
async function alone(cores: number): Promise<Contender> {
  const folder = mkdtempSync(join(tmpdir(), 'gradclinic-scale-'));
  const server = await pinned(`0-${cores - 1}`, { DATA_DIR: folder, WORKER_THREADS: String(cores) });
  return {
    name: `one process with ${cores} threads, no shared queue`,
    cores,
    run: () => run(server, [server]),
    async end() {
      await server.kill();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

async function together(cores: number, postgres: PostgresServer): Promise<Contender> {
  const DATABASE_URL = await postgres.createDatabase();
  const settings = { DATABASE_URL, SHARED_TRIAL_SECONDS: values.shared };
  const api = await startServerProcess({ settings: { ...settings, ROLE: 'api' } });
  const workers = await Promise.all(
    Array.from({ length: cores }, (_, core) => pinned(String(core), { ...settings, ROLE: 'worker' })),
  );
  return {
    name: `${cores} workers`,
    cores,
    run: () => run(api, workers),
    end: async () => void (await Promise.all([api, ...workers].map((server) => server.kill()))),
  };
}

function median(numbers: readonly number[]): number {
  const sorted = numbers.toSorted((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)] as number;
}

const postgres = await startPostgres();
try {
  console.log(`${availableParallelism()} cores, load average ${loadavg()[0]?.toFixed(2)}`);
  const workers = values.workers.split(',').map(Number);
  const contenders = [await alone(1)];
  for (const cores of workers) {
    if (cores > 1) contenders.push(await alone(cores));
    contenders.push(await together(cores, postgres));
  }
  const efficiencies = new Map<string, number[]>(contenders.map(({ name }) => [name, []]));
  for (let round = 0; round < Number(values.rounds); round++) {
    let reference: Outcome | null = null;
    for (const contender of contenders) {
      const outcome = await contender.run();
      reference ??= outcome;
      const { seconds, training, trials, processor, told } = outcome;
      const efficiency = reference.seconds / (contender.cores * seconds);
      efficiencies.get(contender.name)?.push(efficiency);
      const beside = (1000 * (contender.cores * seconds - training)) / trials;
      console.log(
        `${contender.name}: ${trials} trials in ${seconds.toFixed(1)} s, ${(training / trials).toFixed(3)} s each and ${beside.toFixed(1)} ms of a core beside, ${(processor / trials).toFixed(3)} s of processor in all; ` +
          `efficiency per core ${efficiency.toFixed(3)}; ${told === reference.told ? 'the same report' : 'ANOTHER REPORT'}`,
      );
    }
  }
  for (const [name, all] of efficiencies)
    console.log(`${name}: efficiency per core ${median(all).toFixed(3)} in the median of ${all.length}`);
  await Promise.all(contenders.map(({ end }) => end()));
} finally {
  killAll();
  await postgres.stop();
}
