/** @file The job service as one owner sees it: the jobs of others are not there. */
import type { Job, JobService, OwnedSubmission } from './job.ts';
import type { OwnedJob } from './store.ts';

/** The jobs of all owners. */
export interface UnownedJobService extends Omit<JobService, 'submit' | 'list' | 'get'> {
  find(id: string): Promise<OwnedJob | null>;
  submit(submission: OwnedSubmission): ReturnType<JobService['submit']>;
  list(query: Parameters<JobService['list']>[0] & { owner: string }): ReturnType<JobService['list']>;
}

/** Every method that takes the id of a job asks first whose it is. */
export function createOwnedJobs(all: UnownedJobService, owner: string): JobService {
  const own = async (id: string): Promise<Job | null> => {
    const found = await all.find(id);
    return found?.owner === owner ? found.job : null;
  };
  return {
    submit: (submission) => all.submit({ ...submission, owner }),
    list: (query) => all.list({ ...query, owner }),
    ready: () => all.ready(),
    // Wakes up for anything, but carries nothing.
    subscribe: (id, onEvent) => all.subscribe(id, onEvent),
    get: own,
    result: async (id) => ((await own(id)) ? all.result(id) : null),
    experiment: async (id) => ((await own(id)) ? all.experiment(id) : null),
    posted: async (id) => ((await own(id)) ? all.posted(id) : null),
    runs: async (id) => ((await own(id)) ? all.runs(id) : []),
    outcomes: async (id) => ((await own(id)) ? all.outcomes(id) : new Map()),
    encodedTrace: async (id, run) => ((await own(id)) ? all.encodedTrace(id, run) : null),
    events: async (id, after, limit) => ((await own(id)) ? all.events(id, after, limit) : []),
    cancel: async (id) => ((await own(id)) ? all.cancel(id) : null),
    remove: async (id) => ((await own(id)) ? all.remove(id) : 'not_found'),
    waitUntilTerminal: async (id, timeoutMs, signal) =>
      (await own(id)) ? all.waitUntilTerminal(id, timeoutMs, signal) : null,
  };
}
