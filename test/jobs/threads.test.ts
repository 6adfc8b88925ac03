/** @file Faults of worker threads: one that throws fails its job alone, one that dies costs nothing. */
import { mkdtempSync, rmSync } from 'node:fs';
import { syncBuiltinESMExports } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import v8 from 'node:v8';
import { pino } from 'pino';
import { afterAll, expect, it, vi } from 'vitest';
import { packPart, unpackTrace } from '../../src/diagnosis/index.ts';
import { parseExperiment } from '../../src/experiment/index.ts';
import { Attempts } from '../../src/jobs/attempts.ts';
import { openDatabase } from '../../src/jobs/database.ts';
import { machineKind } from '../../src/jobs/machine.ts';
import { createPool } from '../../src/jobs/pool.ts';
import { JobRun } from '../../src/jobs/runner.ts';
import { SnapshotStore } from '../../src/jobs/snapshots.ts';
import { JobStore } from '../../src/jobs/store.ts';
import { runInThread, type StudyThreadOptions } from '../../src/jobs/study_thread.ts';
import { createStudyThreads } from '../../src/jobs/study_threads.ts';
import { Trainer } from '../../src/jobs/trainer.ts';
import { createMetrics } from '../../src/metrics/index.ts';
import { encodeTrace, type Trace } from '../../src/statistics/index.ts';
import { createTelemetry } from '../../src/telemetry/index.ts';
import { packText } from '../../src/util/packed_text.ts';
import { tinyExperiment } from '../http/service.ts';
import { trainOnce } from '../scenarios/trained.ts';

const folder = mkdtempSync(join(tmpdir(), 'gradclinic-threads-'));
const logger = pino({ level: 'silent' });
const { db, room, close } = await openDatabase({ dataDir: folder, databaseUrl: null, logger });
const store = new JobStore(db);
const attempts = new Attempts(db);
const pool = createPool(2, new URL('faulty.worker.ts', import.meta.url));
const studyThreads = createStudyThreads();
afterAll(async () => {
  await Promise.all([pool.close(10_000), studyThreads.close()]);
  await close();
  rmSync(folder, { recursive: true, force: true });
});

const quota = { max_queued_jobs: 9, max_running_jobs: 9, max_flops_per_hour: 1e18, max_job_seconds: 60 };

/** @param change of what is stored, as an earlier version may have left it */
async function run(
  name: string,
  change: (experiment: { training: Record<string, unknown> }) => void = () => {},
) {
  const parsed = parseExperiment(tinyExperiment({ name, metadata: { marker: join(folder, 'marker') } }));
  if (!parsed.ok) throw new Error(JSON.stringify(parsed.error));
  const estimate = { parameters: 1, flops_per_step: 1, trials: 1, duration_s: 1 };
  const experiment = JSON.parse(JSON.stringify(parsed.value.experiment));
  change(experiment);
  await store.submit(
    {
      owner: 'a',
      experiment,
      packed: packText(JSON.stringify(experiment)),
      files: [],
      search: null,
      estimate,
      flops: 1,
      idempotency: null,
    } as never,
    quota,
  );
  const job = await attempts.claim(() => 9);
  if (job === null) throw new Error('nothing to claim');
  await new JobRun(job, {
    ...{
      attempts,
      threads: new Trainer(pool, 2, null, () => {}),
      studyThreads,
      snapshots: new SnapshotStore({ db, room, machine: machineKind(), seconds: 60, logger }),
      shared: null,
      maxSeconds: 60,
      metrics: createMetrics(),
      telemetry: await createTelemetry({ endpoint: null, version: '0', onError: () => {} }),
      logger,
      onEvent: () => {},
      bring: async () => {},
    },
  }).run();
  return (await store.find(job.id))?.job ?? null;
}

it('a thread that throws fails its job, with the reason in the log alone', async () => {
  const job = await run('throws');
  expect(job).toMatchObject({ status: 'failed', error: { code: 'internal_error' } });
  expect(JSON.stringify(job?.error)).not.toContain('a fault of the thread');
  expect(pool.alive).toBe(true);
  expect(await run('fine')).toMatchObject({ status: 'succeeded' });
});

it('the trial of a thread that dies gets another', async () => {
  expect(await run('dies once')).toMatchObject({ status: 'succeeded', summary: { verdict: 'healthy' } });
});

it('a job that an earlier version accepted gets the defaults that this one has, or says why it cannot run', async () => {
  const older = await run('older', (experiment) => {
    delete experiment.training.regularization;
    delete experiment.training.learning_rate_schedule;
  });
  expect(older).toMatchObject({ status: 'succeeded' });
  const newer = await run('newer', (experiment) => {
    experiment.training.of_another_version = 1;
  });
  expect(newer).toMatchObject({ status: 'failed', error: { code: 'experiment_outdated' } });
  expect(newer?.error?.detail).toContain('/training/of_another_version');
});

it('nothing of a trace is unpacked on the event loop: neither of one that is trained nor of one that is stored', async () => {
  const { deserialize } = v8;
  let times = 0;
  v8.deserialize = (bytes) => {
    times++;
    return deserialize(bytes);
  };
  syncBuiltinESMExports();
  try {
    const stored = { losses: Float64Array.of(1), series: [], weights: null } as unknown as Trace;
    const seen = await unpackTrace({ form: 'whole', bytes: encodeTrace(stored) });
    expect(times).toBeGreaterThan(0);
    expect(seen.losses).toEqual(stored.losses);
    times = 0;
    const stores = vi.spyOn(attempts, 'storeTrial');
    expect(await run('fine')).toMatchObject({ status: 'succeeded' });
    const trained = new Map(stores.mock.calls.map(([, key, bytes]) => [key, bytes]));
    // As if an earlier attempt had trained them.
    vi.spyOn(attempts, 'storedTrial').mockImplementation(async (_job, key) => trained.get(key) ?? null);
    expect(await run('fine')).toMatchObject({ status: 'succeeded' });
    expect([stores.mock.calls.length, times]).toEqual([trained.size, 0]);
  } finally {
    vi.restoreAllMocks();
    v8.deserialize = deserialize;
    syncBuiltinESMExports();
  }
});

const packed = (config: unknown): Uint8Array => {
  const parsed = parseExperiment(config);
  if (!parsed.ok) throw new Error(JSON.stringify(parsed.error));
  return packText(JSON.stringify(parsed.value.experiment));
};

/** Trains here, without a pool. */
const plain: StudyThreadOptions = {
  bring: async () => {},
  train: async ({ experiment, seed }) => packPart(await trainOnce(experiment, seed)),
  expect: () => {},
  onRead: () => {},
  onProgress: () => {},
  isOutOfTime: () => false,
  onExperiment: () => {},
};

it('what fails on the event loop while a study runs is the failure of that study', async () => {
  const onExperiment = () => {
    throw new Error('what is done with it');
  };
  const work = { experiment: packed(tinyExperiment()), search: null };
  const study = runInThread(work, { ...plain, onExperiment }, studyThreads);
  await expect(study).rejects.toThrow('what is done with it');
});

it('a thread plans one study after another, to the same bytes as one that is new, and ends with a study that fails', async () => {
  let made = 0;
  const onWorker = () => {
    made++;
  };
  process.on('worker', onWorker);
  const threads = createStudyThreads();
  try {
    const study = async (seed: number, more: Partial<StudyThreadOptions> = {}) => {
      const work = { experiment: packed(tinyExperiment({ seed })), search: null };
      return Buffer.from((await runInThread(work, { ...plain, ...more }, threads)).report).toString();
    };
    const first = await study(1);
    await study(2);
    expect(await study(1)).toBe(first);
    expect(made).toBe(1);
    const train = () => Promise.reject(new Error('no training'));
    await expect(study(3, { train })).rejects.toThrow('no training');
    expect(await study(1)).toBe(first);
    expect(made).toBe(2);
    // Two at once have a thread each.
    expect(await Promise.all([study(1), study(1)])).toEqual([first, first]);
    expect(made).toBe(3);
  } finally {
    process.off('worker', onWorker);
    await threads.close();
  }
});

it('a study whose thread is ended from outside fails, and the next one has another', async () => {
  const threads = createStudyThreads();
  const work = { experiment: packed(tinyExperiment()), search: null };
  const begun = Promise.withResolvers<void>();
  const train = () => {
    begun.resolve();
    return new Promise<never>(() => {});
  };
  const study = runInThread(work, { ...plain, train }, threads);
  await begun.promise;
  await Promise.all([expect(study).rejects.toThrow(), threads.close()]);
});
