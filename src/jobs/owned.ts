/** @file The job service as one owner sees it: the jobs of others are not there. */
import type { JobService } from './job.ts';
import type { UnownedJobService } from './service.ts';
import type { JobStore } from './store.ts';

/** Every method that takes the id of a job asks first whose it is. */
export function createOwnedJobs(all: UnownedJobService, store: JobStore, owner: string): JobService {
  /** Owners never change. A job that is gone has none. */
  const own = new Set<string>();
  const isOwn = async (id: string): Promise<boolean> => {
    if (own.has(id)) return true;
    if ((await store.ownerOf(id)) !== owner) return false;
    own.add(id);
    return true;
  };
  return {
    submit: (submission) => all.submit({ ...submission, owner }),
    list: (query) => all.list({ ...query, owner }),
    ready: () => all.ready(),
    // Wakes up for anything, but carries nothing.
    subscribe: (id, onEvent) => all.subscribe(id, onEvent),
    get: async (id) => ((await isOwn(id)) ? all.get(id) : null),
    result: async (id) => ((await isOwn(id)) ? all.result(id) : null),
    runs: async (id) => ((await isOwn(id)) ? all.runs(id) : []),
    trace: async (id, run) => ((await isOwn(id)) ? all.trace(id, run) : null),
    events: async (id, after, limit) => ((await isOwn(id)) ? all.events(id, after, limit) : []),
    cancel: async (id) => ((await isOwn(id)) ? all.cancel(id) : null),
    remove: async (id) => ((await isOwn(id)) ? all.remove(id) : 'not_found'),
    waitUntilTerminal: async (id, timeoutMs, signal) =>
      (await isOwn(id)) ? all.waitUntilTerminal(id, timeoutMs, signal) : null,
  };
}
