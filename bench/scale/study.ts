/**
 * @file One study on one and on several worker processes, each pinned to a core of its own, beside the same study in one process
 * without a shared queue, pinned as well: how much of each further core arrives. For a quiet machine; PostgreSQL and the api take
 * their part of the same cores.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { availableParallelism, loadavg, tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { killAll, type ServerProcess, startServerProcess } from '../../test/faults/server_process.ts';
import { experiment, report, submit } from '../../test/faults/workload.ts';
import { startPostgres } from '../../test/postgres.ts';

const { values } = parseArgs({
  options: {
    workers: { type: 'string', default: '1,2' },
    trials: { type: 'string', default: '60' },
    /** Of a training: some five seconds of a core. */
    steps: { type: 'string', default: '45000' },
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
  readonly told: string;
}

/** @param workers whose logs say what was trained */
async function run(api: ServerProcess, workers: readonly ServerProcess[]): Promise<Outcome> {
  const start = performance.now();
  const told = JSON.stringify(await report(api.url, await submit(api.url, study)));
  const seconds = (performance.now() - start) / 1000;
  const lines = workers.flatMap(({ log }) => log.filter(({ msg }) => msg === 'trial trained'));
  const training = lines.reduce((sum, line) => sum + (line.seconds ?? 0), 0);
  return { seconds, training, trials: lines.length, told };
}

const pinned = (core: number, settings: Readonly<Record<string, string>>) =>
  startServerProcess({
    settings: { WORKER_THREADS: '1', ...settings },
    through: ['taskset', '--cpu-list', String(core)],
  });

async function alone(): Promise<Outcome> {
  const folder = mkdtempSync(join(tmpdir(), 'gradclinic-scale-'));
  const server = await pinned(0, { DATA_DIR: folder });
  const outcome = await run(server, [server]);
  await server.kill();
  rmSync(folder, { recursive: true, force: true });
  return outcome;
}

async function shared(count: number): Promise<Outcome> {
  const postgres = await startPostgres();
  const DATABASE_URL = await postgres.createDatabase();
  const settings = { DATABASE_URL, SHARED_TRIAL_SECONDS: '0' };
  const api = await startServerProcess({ settings: { ...settings, ROLE: 'api' } });
  const workers = await Promise.all(
    Array.from({ length: count }, (_, core) => pinned(core, { ...settings, ROLE: 'worker' })),
  );
  const outcome = await run(api, workers);
  await Promise.all([api, ...workers].map((server) => server.kill()));
  await postgres.stop();
  return outcome;
}

try {
  console.log(`${availableParallelism()} cores, load average ${loadavg()[0]?.toFixed(2)}`);
  const reference = await alone();
  const show = (name: string, { seconds, training, trials }: Outcome) =>
    `${name}: ${trials} trials in ${seconds.toFixed(1)} s, ${(training / trials).toFixed(2)} s each`;
  console.log(show('one process, no shared queue', reference));
  for (const count of values.workers.split(',').map(Number)) {
    const outcome = await shared(count);
    const efficiency = reference.seconds / (count * outcome.seconds);
    const same = outcome.told === reference.told ? 'the same report' : 'ANOTHER REPORT';
    console.log(
      `${show(`${count} workers`, outcome)}; efficiency per core ${efficiency.toFixed(3)}; ${same}`,
    );
  }
} finally {
  killAll();
}
