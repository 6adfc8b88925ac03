/** @file Orders on PostgreSQL: placed with the job's fence, begun, answered once, sent anew; numbers that stay behind. */
import type { Transaction } from 'kysely';
import { sql } from 'kysely';
import { pino } from 'pino';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { type Experiment, parseExperiment } from '../../src/experiment/index.ts';
import { Attempts, type ClaimedJob } from '../../src/jobs/attempts.ts';
import { AwaitedOrders } from '../../src/jobs/awaited.ts';
import { openDatabase } from '../../src/jobs/database.ts';
import { held, LostAttempt } from '../../src/jobs/fence.ts';
import { machineKind } from '../../src/jobs/machine.ts';
import { type NewOrder, Orders } from '../../src/jobs/orders.ts';
import { packTrial, sealedOf, trialKey, unpackTrial } from '../../src/jobs/packing.ts';
import { queueState } from '../../src/jobs/queue_state.ts';
import { JobStore } from '../../src/jobs/store.ts';
import type { Tables } from '../../src/jobs/tables.ts';
import { openSharedQueue, type Queue } from '../../src/queue/index.ts';
import { encodeTrace, outcomeOf, type Trace } from '../../src/statistics/index.ts';
import { packText } from '../../src/util/packed_text.ts';
import { tinyExperiment } from '../http/service.ts';
import { type PostgresServer, startPostgres } from '../postgres.ts';

const logger = pino({ level: 'silent' });
const ends = { initial: { loss: 2 }, final: { loss: 1 } };
const trace = { losses: Float64Array.from([1, 2]), ...ends, series: [], weights: null } as unknown as Trace;
const machine = machineKind();

let server: PostgresServer;
let databaseUrl: string;
let opened: Awaited<ReturnType<typeof openDatabase>>;
let queue: Queue<Transaction<Tables>>;
let orders: Orders;
let store: JobStore;
let attempts: Attempts;
const openQueue = () =>
  openSharedQueue<Tables>({
    ...{ url: databaseUrl, name: `trials-${machine.id}`, leaseSeconds: 10, onError: () => {} },
  });
beforeAll(async () => {
  server = await startPostgres();
  databaseUrl = await server.createDatabase();
  opened = await openDatabase({ dataDir: '', databaseUrl, logger });
  queue = await openQueue();
  orders = new Orders(opened.db, queue, machine);
  store = new JobStore(opened.db);
  attempts = new Attempts(opened.db);
});
afterAll(async () => {
  await queue.close();
  await opened.close();
  await server.stop();
});

const quota = {
  ...{ max_queued_jobs: 99, max_running_jobs: 99, max_flops_per_hour: 1e18, max_job_seconds: 60 },
};

async function runningJob(owner = 'alice'): Promise<ClaimedJob> {
  const estimate = { parameters: 1, flops_per_step: 1, trials: 1, duration_s: 1 };
  const experiment = { name: 'a job', metadata: {} };
  await store.submit(
    {
      ...{
        owner,
        experiment,
        packed: packText('{}'),
        files: [],
        search: null,
        webhook: null,
        estimate,
        flops: 1,
        idempotency: null,
      },
    },
    quota,
  );
  const job = await attempts.claim(() => 99);
  if (job === null) throw new Error('nothing to claim');
  return job;
}

const order = (key: string, seconds = 5): NewOrder => ({
  ...{ key, run: `baseline/${key}`, seed: 0, keepWeights: true, experiment: Buffer.from('x'), seconds },
  traceparent: null,
});

async function drain(): Promise<{ job: string; key: string }[]> {
  const taken: { job: string; key: string }[] = [];
  for (;;) {
    const delivery = await queue.take();
    if (delivery === null) return taken;
    taken.push({ job: delivery.job, key: delivery.key });
    await delivery.done();
  }
}

it('an order is placed once, by the attempt that owns the job alone', async () => {
  const job = await runningJob();
  await orders.place(job, [order('a')]);
  await orders.place(job, [order('a')]);
  await attempts.release(job);
  const again = (await attempts.claim(() => 99)) as ClaimedJob;
  await expect(orders.place(job, [order('b')])).rejects.toThrow(LostAttempt);
  // What the attempt before has ordered is as good.
  await orders.place(again, [order('a')]);
  expect(await drain()).toEqual([{ job: job.id, key: 'a' }]);
  await attempts.canceled(again);
});

it('of two answers the first is kept, and the second is no error', async () => {
  const job = await runningJob();
  await orders.place(job, [order('a')]);
  const name = { job: job.id, key: 'a' };
  expect(await orders.start(name)).toMatchObject({ ...order('a'), job: job.id, starts: 1 });
  expect(await orders.start(name)).toMatchObject({ starts: 2 });
  expect(await orders.outcomes(job.id, ['a'])).toEqual(new Map());
  await Promise.all([orders.finish(name, encodeTrace(trace)), orders.finish(name, encodeTrace(trace))]);
  const other = { ...trace, losses: Float64Array.from([9]) };
  await orders.finish(name, encodeTrace(other));
  expect(await attempts.storedTrial(job, 'a')).toEqual(Buffer.from(encodeTrace(trace)));
  expect(await orders.outcomes(job.id, ['a', 'never placed'])).toEqual(
    new Map([
      ['a', 'trained'],
      ['never placed', 'gone'],
    ]),
  );
  expect(await orders.start(name)).toBeNull();
  const rows = await opened.db.selectFrom('trials').select('machine').where('job_id', '=', job.id).execute();
  expect(rows).toEqual([{ machine: machine.id }]);
  await drain();
  await attempts.canceled(job);
});

it('nobody trains, or keeps, what an ended or canceled job has ordered', async () => {
  const job = await runningJob();
  const name = { job: job.id, key: 'a' };
  await orders.place(job, [order('a')]);
  expect(await orders.wanted([name])).toEqual([name]);
  await store.cancel(job.id);
  expect(await orders.wanted([name])).toEqual([]);
  await attempts.canceled(job);
  expect(await orders.start(name)).toBeNull();
  await orders.finish(name, encodeTrace(trace));
  expect(await attempts.storedTrial(job, 'a')).toBeNull();
  const given = await runningJob();
  await orders.place(given, [order('b')]);
  await attempts.release(given);
  await store.cancel(given.id);
  expect(await orders.start({ job: given.id, key: 'b' })).toBeNull();
  await drain();
});

it('the messages of a restored database are sent anew from its orders', async () => {
  const job = await runningJob();
  await orders.place(job, [order('a')]);
  await orders.place(job, [order('b')]);
  const taken = await queue.take();
  // As a backup without the schema of the queue leaves it.
  await sql`truncate gradclinic_queue.job`.execute(opened.db);
  expect(await queue.take()).toBeNull();
  await orders.sendAnew(job.id);
  await orders.sendAnew(job.id);
  expect((await drain()).map(({ key }) => key)).toEqual(['a', 'b']);
  await taken?.done();
  await attempts.canceled(job);
});

it('who waits hears of the end by an announcement, without one in two seconds, and of a failure why', async () => {
  const job = await runningJob();
  const awaited = new AwaitedOrders(orders, logger);
  const never = new AbortController().signal;
  for (const key of ['told', 'not told', 'fails']) await orders.place(job, [order(key)]);
  const told = awaited.until(job.id, 'told', never);
  await orders.finish({ job: job.id, key: 'told' }, encodeTrace(trace));
  await awaited.look(job.id);
  expect(await told).toBe('trained');
  const later = awaited.until(job.id, 'not told', never);
  const failing = awaited.until(job.id, 'fails', never);
  await orders.finish({ job: job.id, key: 'not told' }, encodeTrace(trace));
  await orders.fail({ job: job.id, key: 'fails' }, { code: 'trace_too_large', detail: 'why' });
  expect(await later).toBe('trained');
  expect(await failing).toEqual({ code: 'trace_too_large', detail: 'why' });
  const ended = new AbortController();
  const canceled = awaited.until(job.id, 'not told', ended.signal);
  ended.abort(new Error('over'));
  await expect(canceled).rejects.toThrow('over');
  awaited.close();
  await drain();
  await attempts.canceled(job);
});

it('trials of one job are placed and finished while others of it are: none waits for another', async () => {
  const job = await runningJob();
  await orders.place(job, [order('a')]);
  await opened.db.transaction().execute(async (db) => {
    await held(db, job);
    await orders.place(job, [order('b')]);
    await orders.finish({ job: job.id, key: 'a' }, await encodeTrace(trace));
  });
  expect([...(await orders.outcomes(job.id, ['a', 'b']))]).toEqual([['a', 'trained']]);
  await drain();
  await attempts.canceled(job);
});

it('a thousand orders of one owner do not hold up the first of another', async () => {
  const alice = await runningJob('alice');
  for (let i = 0; i < 6; i++) await orders.place(alice, [order(`a${i}`)]);
  await orders.place(
    alice,
    Array.from({ length: 6 }, (_, i) => order(`a${6 + i}`)),
  );
  const rows = await opened.db.selectFrom('orders').select('turn').orderBy('turn').execute();
  const turns = rows.map(({ turn }) => turn);
  expect(turns).toEqual(Array.from({ length: 12 }, (_, i) => (turns[0] as number) + 5 * i));
  expect((await queueState(opened.db)).trials_s).toBe(12 * 5);
  const [first, second] = [await queue.take(), await queue.take()];
  for (const delivery of [first, second])
    if (delivery !== null) await orders.start({ job: alice.id, key: delivery.key });
  expect((await queueState(opened.db)).trials_s).toBe(10 * 5);
  const bob = await runningJob('bob');
  await orders.place(bob, [order('b')]);
  expect((await queue.take())?.job).toBe(bob.id);
  await drain();
  await Promise.all([attempts.canceled(alice), attempts.canceled(bob)]);
});

it('the kinds of machines that have trained the runs of a job are known', async () => {
  const job = await runningJob();
  const other = { ...machine, id: 'other', cpu: 'another processor' };
  const there = new Attempts(opened.db, undefined, other);
  for (const [run, by] of [
    ['baseline/0', attempts],
    ['baseline/1', there],
  ] as const) {
    await by.storeTrial(job, run, encodeTrace(trace));
    await by.nameRun(job, run, run, outcomeOf(trace));
    await by.nameRun(job, `same/${run}`, run, outcomeOf(trace));
  }
  const { id, ...facts } = machine;
  expect(await attempts.machinesOf(job)).toEqual([
    { ...facts, runs: ['baseline/0', 'same/baseline/0'] },
    { ...facts, cpu: 'another processor', runs: ['baseline/1', 'same/baseline/1'] },
  ]);
  await attempts.canceled(job);
});

function parsed(body: unknown): Experiment {
  const result = parseExperiment(body);
  if (!result.ok) throw new Error(JSON.stringify(result.error));
  return result.value.experiment;
}

it('a packed trial is the same trial, without the numbers that its job holds', async () => {
  const inputs = Array.from({ length: 64 }, (_, i) => [i / 7, i % 5]);
  const targets = inputs.map(([x = 0]) => (x > 4 ? 1 : 0));
  const experiment = parsed(tinyExperiment({ data: { type: 'inline', inputs, targets } }));
  const known = sealedOf(experiment);
  expect(known.size).toBeGreaterThan(0);
  const packed = packTrial(experiment, known) as Buffer;
  const trial = { seed: 1, keepWeights: false };
  const unpacked = await unpackTrial(packed, async () => known);
  expect(unpacked).toEqual(experiment);
  expect(trialKey({ experiment: unpacked, ...trial })).toBe(trialKey({ experiment, ...trial }));
  expect(packTrial(experiment, new Map())).toBeNull();
  await expect(unpackTrial(packed, async () => new Map())).rejects.toThrow('missing');
});
