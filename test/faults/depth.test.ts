/** @file Ten thousand trials that wait: each is given once, and they hold up nobody else's first. */
import type { Transaction } from 'kysely';
import { pino } from 'pino';
import { expect, it } from 'vitest';
import { Attempts, type ClaimedJob } from '../../src/jobs/attempts.ts';
import { openDatabase } from '../../src/jobs/database.ts';
import { machineKind } from '../../src/jobs/machine.ts';
import { Orders, queueName } from '../../src/jobs/orders.ts';
import { JobStore } from '../../src/jobs/store.ts';
import type { Tables } from '../../src/jobs/tables.ts';
import { openSharedQueue, type Queue } from '../../src/queue/index.ts';
import { packText } from '../../src/util/packed_text.ts';
import { startPostgres } from '../postgres.ts';
import { isLong } from './workload.ts';

const WAITING = 10_000;
/** At once, as the runs of a wave are. */
const TOGETHER = 10;
const quota = { max_queued_jobs: 99, max_running_jobs: 99, max_flops_per_hour: 1e18, max_job_seconds: 60 };

it.runIf(isLong)(`${WAITING} trials wait`, { timeout: 1_800_000 }, async () => {
  const postgres = await startPostgres();
  const databaseUrl = await postgres.createDatabase();
  const logger = pino({ level: 'silent' });
  const { db, close } = await openDatabase({ dataDir: '', databaseUrl, logger });
  const machine = machineKind();
  const queue: Queue<Transaction<Tables>> = await openSharedQueue<Tables>({
    ...{ url: databaseUrl, name: queueName(machine), leaseSeconds: 60, onError: () => {} },
  });
  const orders = new Orders(db, queue, machine);
  const attempts = new Attempts(db);

  async function runningJob(owner: string): Promise<ClaimedJob> {
    const estimate = { parameters: 1, flops_per_step: 1, trials: 1, duration_s: 1 };
    const asked = { packed: packText('{}'), files: [], search: null, webhook: null, idempotency: null };
    const experiment = { name: 'a job', metadata: {} };
    await new JobStore(db).submit({ owner, experiment, ...asked, estimate, flops: 1 }, quota);
    return (await attempts.claim(() => 99)) as ClaimedJob;
  }
  const place = (job: ClaimedJob, key: string) =>
    orders.place(job, [
      {
        ...{ key, run: key, seed: 0, keepWeights: false },
        ...{ experiment: Buffer.from('x'), seconds: 5, traceparent: null },
      },
    ]);
  async function together(work: (i: number) => Promise<void>): Promise<number> {
    let next = 0;
    const start = performance.now();
    const one = async () => {
      while (next < WAITING) await work(next++);
    };
    await Promise.all(Array.from({ length: TOGETHER }, one));
    return (performance.now() - start) / WAITING;
  }

  try {
    const alice = await runningJob('alice');
    const placing = await together((i) => place(alice, `a${i}`));
    const bob = await runningJob('bob');
    await place(bob, 'b');
    const first = await queue.take();
    expect(first?.job).toBe(bob.id);
    await first?.done();
    const taken = new Set<string>();
    const taking = await together(async () => {
      const delivery = await queue.take();
      if (delivery === null || taken.has(delivery.key)) throw new Error('nothing, or the same again');
      taken.add(delivery.key);
      await delivery.done();
    });
    expect(taken.size).toBe(WAITING);
    expect(await queue.take()).toBeNull();
    process.stdout.write(
      `${WAITING} trials waited: ${placing.toFixed(1)} ms to place one, ${taking.toFixed(1)} ms to take one\n`,
    );
  } finally {
    await queue.close();
    await close();
    await postgres.stop();
  }
});
