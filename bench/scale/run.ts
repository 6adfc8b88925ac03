/**
 * @file What handing trials over costs, and how long they wait: the real tables and the real engine on a PostgreSQL of its own,
 * with trainings that only sleep. `--studies 1000 --threads 200` is the whole simulation.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { sql, type Transaction } from 'kysely';
import { pino } from 'pino';
import { Attempts, type ClaimedJob } from '../../src/jobs/attempts.ts';
import { openDatabase } from '../../src/jobs/database.ts';
import { machineKind } from '../../src/jobs/machine.ts';
import { type NewOrder, Orders, queueName } from '../../src/jobs/orders.ts';
import type { Pool } from '../../src/jobs/pool.ts';
import { JobStore } from '../../src/jobs/store.ts';
import type { Tables } from '../../src/jobs/tables.ts';
import { Trainer } from '../../src/jobs/trainer.ts';
import {
  type Crew,
  herdDelay,
  openSharedQueue,
  type Queue,
  type Source,
  startCrew,
} from '../../src/queue/index.ts';
import { encodeTrace, type Trace } from '../../src/statistics/index.ts';
import { gather } from '../../src/util/gather.ts';
import { packText } from '../../src/util/packed_text.ts';
import { createRandom } from '../../src/util/random.ts';
import { startPostgres } from '../../test/postgres.ts';
import { processorSeconds } from './processor.ts';
import { countStatements, showStatements } from './statements.ts';

const { values } = parseArgs({
  options: {
    studies: { type: 'string', default: '1000' },
    threads: { type: 'string', default: '200' },
    seconds: { type: 'string', default: '5' },
    /** Prints what PostgreSQL was asked, and how long each took there. */
    statements: { type: 'boolean', default: false },
  },
});
const [studies, threads, seconds] = [values.studies, values.threads, values.seconds].map(Number) as [
  number,
  number,
  number,
];
/** Of a study: waves that come one after the other, as in screening, controls, proofs. */
const WAVES = [3, 3, 6, 5, 5];
/** What the arrivals ask of the threads. */
const UTILIZATION = 0.7;
/** Threads that share a connection to the queue: as those of a worker do. */
const THREADS_PER_PROCESS = 8;
const PROCESSES = 5;

const postgres = await startPostgres();
if (values.statements) {
  await countStatements(await postgres.createDatabase());
  await postgres.pause();
  await postgres.resume();
}
const databaseUrl = await postgres.createDatabase();
const logger = pino({ level: 'silent' });
const machine = machineKind();
/** As many processes as PostgreSQL has connections for by default; each stands for several. */
const opened = await Promise.all(
  Array.from({ length: PROCESSES }, () => openDatabase({ dataDir: '', databaseUrl, logger })),
);
const { db, listen } = opened[0] as (typeof opened)[0];
const queues = await Promise.all(
  Array.from({ length: PROCESSES }, () =>
    openSharedQueue<Tables>({
      ...{ url: databaseUrl, name: queueName(machine), leaseSeconds: 20, onError: console.error },
    }),
  ),
);
const queueOf = (i: number) => queues[i % PROCESSES] as Queue<Transaction<Tables>>;
const allOrders = opened.map((one, i) => new Orders(one.db, queueOf(i), machine));
const ordersOf = (i: number) => allOrders[i % PROCESSES] as Orders;
const attempts = new Attempts(db);
const store = new JobStore(db);
const encoded = encodeTrace({ losses: new Float64Array(500), series: [], weights: null } as unknown as Trace);
const experiment = Buffer.alloc(2000);

async function newJob(owner: string): Promise<ClaimedJob> {
  const estimate = { parameters: 1, flops_per_step: 1, trials: 1, duration_s: 1 };
  const quota = {
    max_queued_jobs: 1e9,
    max_running_jobs: 1e9,
    max_flops_per_hour: 1e18,
    max_job_seconds: 1e6,
  };
  await store.submit(
    {
      ...{
        owner,
        experiment: { name: 'simulated', metadata: {} },
        packed: packText('{}'),
        files: [],
        search: null,
        webhook: null,
      },
      ...{ estimate, flops: 1, idempotency: null },
    },
    quota,
  );
  return (await attempts.claim(() => 1e9)) as ClaimedJob;
}

const placed = new Map<string, number>();
const committed = new Map<string, number>();
/** As `Trials` does. */
function placer(orders: Orders, job: ClaimedJob): (key: string) => Promise<void> {
  const hand = gather<NewOrder>((some) => orders.place(job, some));
  return async (key) => {
    placed.set(key, performance.now());
    await hand({ ...{ key, run: key, seed: 0, keepWeights: false, experiment, seconds }, traceparent: null });
    committed.set(key, performance.now());
  };
}

async function perTrial(trials: number, work: (i: number) => Promise<unknown>): Promise<string> {
  const before = process.cpuUsage();
  const start = performance.now();
  for (let i = 0; i < trials; i++) await work(i);
  const wall = (performance.now() - start) / trials;
  const { user, system } = process.cpuUsage(before);
  return `${wall.toFixed(2)} ms, ${((user + system) / 1000 / trials).toFixed(2)} ms of it on this process's processor`;
}

const nothing: Pick<Pool, 'run'> = {
  run: async () => ({ ok: false, error: { code: 'failed', detail: '' } }),
};
const trainer = new Trainer(nothing, 2, null, console.error);
const task = { experiment: {} as never, seed: 0, keepWeights: false, cancel: new SharedArrayBuffer(4) };
const { signal } = new AbortController();
console.log(
  `a short trial, through the queue of a process: ${await perTrial(1000, () => trainer.run(task, { owner: 'a', job: 'j', seconds: 1 }, signal))}`,
);
await trainer.stop();

const alone = await newJob('alone');
const placeAlone = placer(ordersOf(0), alone);
const roundTrip = await perTrial(200, async (i) => {
  const orders = ordersOf(0);
  await placeAlone(`alone ${i}`);
  const delivery = await queueOf(0).take();
  if (delivery === null) throw new Error('nothing to take');
  await orders.start(delivery);
  await orders.finish(delivery, encoded);
  await delivery.done();
  await orders.outcomes(alone.id, [`alone ${i}`]);
});
console.log(`a shared trial, from order to result, without its training: ${roundTrip}`);

/** Seconds of processor that all of PostgreSQL's processes have used so far: they are children of one. */
async function databaseSeconds(): Promise<number> {
  const { rows } = await sql<{ pid: number }>`select pid from pg_stat_activity where pid is not null`.execute(
    db,
  );
  return rows.reduce((sum, { pid }) => sum + processorSeconds(pid), 0);
}

const random = createRandom(20261127, 'scale');
const waits: number[] = [];
/** Of these, from the commit of the order on. */
const messages: number[] = [];
let asked = 0;
const told = new Map<string, () => void>();
const crews: { crew: Crew; source: Source }[] = [];
for (let i = 0; i < Math.ceil(threads / THREADS_PER_PROCESS); i++) {
  const queue = queueOf(i) as Queue<never>;
  const orders = ordersOf(i);
  const source: Source = {
    queue: {
      take() {
        asked++;
        return queue.take();
      },
    },
    async perform(delivery) {
      if ((await orders.start(delivery)) === null) return delivery.done();
      waits.push(performance.now() - (placed.get(delivery.key) ?? 0));
      messages.push(performance.now() - (committed.get(delivery.key) ?? performance.now()));
      await sleep(1000 * seconds * (0.5 + random.uniform()));
      await orders.finish(delivery, encoded);
      await delivery.done();
    },
  };
  const size = Math.min(THREADS_PER_PROCESS, threads - i * THREADS_PER_PROCESS);
  crews.push({ source, crew: startCrew([source], size, console.error) });
}
const wakeAll = () => {
  for (const { crew, source } of crews) crew.wake(source, herdDelay(crews.length));
};
if (values.statements) await sql`create extension pg_stat_statements`.execute(db);
await listen({
  trains: true,
  onListening: () => {},
  onAnnouncement({ kind, job }) {
    if (kind === 'trial') wakeAll();
    if (kind === 'trained') told.get(job)?.();
  },
});
const poll = setInterval(wakeAll, 5000);

async function runStudy(n: number): Promise<void> {
  const job = await newJob(`owner ${n % 20}`);
  const orders = ordersOf(n);
  const place = placer(orders, job);
  for (const [wave, size] of WAVES.entries()) {
    const keys = Array.from({ length: size }, (_, i) => `${n}/${wave}/${i}`);
    let next = Promise.withResolvers<void>();
    told.set(job.id, () => next.resolve());
    await Promise.all(keys.map(place));
    for (;;) {
      const outcomes = await orders.outcomes(job.id, keys);
      if ([...outcomes.values()].filter((outcome) => outcome === 'trained').length === keys.length) break;
      await Promise.race([next.promise, sleep(2000)]);
      next = Promise.withResolvers();
    }
  }
  await attempts.canceled(job);
}

const trials = WAVES.reduce((sum, size) => sum + size, 0);
const perSecond = (UTILIZATION * threads) / seconds / trials;
console.log(
  `${studies} studies of ${trials} trials of ${seconds} s in ${WAVES.length} waves, ${perSecond.toFixed(2)} a second, on ${threads} threads`,
);
const before = await databaseSeconds();
if (values.statements) await sql`select pg_stat_statements_reset()`.execute(db);
const start = performance.now();
const running: Promise<void>[] = [];
for (let n = 0; n < studies; n++) {
  running.push(runStudy(n));
  await sleep((-1000 * Math.log(1 - random.uniform())) / perSecond);
}
await Promise.all(running);
const took = (performance.now() - start) / 1000;
function quantiles(values: readonly number[]): string {
  const sorted = values.toSorted((a, b) => a - b);
  const at = (q: number) =>
    `${((sorted[Math.floor(q * (sorted.length - 1))] as number) / 1000).toFixed(2)} s`;
  return `median ${at(0.5)}, p90 ${at(0.9)}, p99 ${at(0.99)}, most ${at(1)}`;
}
console.log(`${waits.length} trials in ${took.toFixed(0)} s: ${(waits.length / took).toFixed(1)} a second`);
console.log(`from order to start: ${quantiles(waits)}`);
console.log(`of which after the order's commit: ${quantiles(messages)}`);
console.log(
  `the queue was asked ${(asked / waits.length).toFixed(1)} times for each; this process used ${processorSeconds(process.pid).toFixed(0)} s of processor`,
);
console.log(
  `PostgreSQL's processor: ${(((await databaseSeconds()) - before) / took).toFixed(2)} cores (of connections that are still open)`,
);
if (values.statements) await showStatements(db, waits.length);
clearInterval(poll);
await Promise.all(crews.map(({ crew }) => crew.stop()));
await Promise.all(queues.map((queue) => queue.close()));
await Promise.all(opened.map(({ close }) => close()));
await postgres.stop();
