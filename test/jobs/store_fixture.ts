/** @file A store on each of the databases, and what its tests do with it again and again. */
import { afterAll, beforeAll, beforeEach } from 'vitest';
import { Attempts, type ClaimedJob } from '../../src/jobs/attempts.ts';
import type { Job, OwnedSubmission } from '../../src/jobs/job.ts';
import type { Quota } from '../../src/jobs/quota.ts';
import { JobStore } from '../../src/jobs/store.ts';
import { present } from '../../src/util/assert.ts';
import { packText } from '../../src/util/packed_text.ts';
import type { TestDatabase } from './databases.ts';

export const wide: Quota = {
  max_queued_jobs: 1000,
  max_running_jobs: 1000,
  max_flops_per_hour: 1e18,
  max_job_seconds: 1000,
};

export const submission = (changes: Partial<OwnedSubmission> = {}): OwnedSubmission => ({
  owner: 'alice',
  experiment: { name: 'a job', metadata: { ticket: 'ML-42' } },
  packed: packText('{}'),
  files: [],
  search: null,
  webhook: null,
  estimate: { parameters: 1, flops_per_step: 1, trials: 3, duration_s: 1 } as OwnedSubmission['estimate'],
  flops: 1e6,
  idempotency: null,
  ...changes,
});

type Opened = Awaited<ReturnType<TestDatabase['open']>>;

/** What the tests of one database share; everything is there once its tests run. */
export interface StoreFixture {
  readonly database: TestDatabase;
  readonly opened: Opened;
  readonly store: JobStore;
  readonly attempts: Attempts;
  submit(changes?: Partial<OwnedSubmission>, quota?: Quota): Promise<string>;
  claim(): Promise<ClaimedJob>;
  jobOf(id: string): Promise<Job | null>;
}

/** Opens the database before all tests and empties it before each. Called where tests are declared. */
export function useStore(start: () => Promise<TestDatabase>): StoreFixture {
  let made: Pick<StoreFixture, 'database' | 'opened' | 'store' | 'attempts'> | null = null;
  const there = () => present(made, 'the store is opened before the tests');
  beforeAll(async () => {
    const database = await start();
    const opened = await database.open();
    made = { database, opened, store: new JobStore(opened.db), attempts: new Attempts(opened.db) };
  });
  afterAll(async () => {
    await there().opened.close();
    await there().database.stop();
  });
  beforeEach(async () => {
    for (const table of ['jobs', 'submissions', 'turns'] as const)
      await there().opened.db.deleteFrom(table).execute();
  });
  return {
    get database() {
      return there().database;
    },
    get opened() {
      return there().opened;
    },
    get store() {
      return there().store;
    },
    get attempts() {
      return there().attempts;
    },
    async submit(changes = {}, quota = wide) {
      const outcome = await there().store.submit(submission(changes), quota);
      if (outcome.kind !== 'created') throw new Error(`not created but ${outcome.kind}`);
      return outcome.job.id;
    },
    async claim() {
      const job = await there().attempts.claim(() => 1000);
      if (job === null) throw new Error('nothing to claim');
      return job;
    },
    jobOf: async (id) => (await there().store.find(id))?.job ?? null,
  };
}
