/** @file Jobs as they were last read, until something happens to them: who polls costs no query. */
import type { OwnedJob } from './store.ts';

const MAX_JOBS = 1000;

export interface RecentJobs {
  find(id: string): Promise<OwnedJob | null>;
  /** Something happened to the job; without an id, to any. */
  forget(id?: string): void;
}

/** For a database that no other process writes: whatever happens to a job happens here. */
export function createRecentJobs(read: (id: string) => Promise<OwnedJob | null>): RecentJobs {
  const known = new Map<string, OwnedJob>();
  /** Counts what happened: what was read before something happened is not kept. */
  let changes = 0;
  return {
    async find(id) {
      const recent = known.get(id);
      if (recent !== undefined) return recent;
      const before = changes;
      const job = await read(id);
      if (job === null || changes !== before) return job;
      // The oldest goes: a Map keeps the order in which its keys came.
      for (const oldest of known.keys()) {
        if (known.size < MAX_JOBS) break;
        known.delete(oldest);
      }
      known.set(id, job);
      return job;
    },
    forget(id) {
      changes++;
      if (id === undefined) known.clear();
      else known.delete(id);
    },
  };
}
