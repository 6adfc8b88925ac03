/** @file The studies that a process plans: claims jobs as far as it may take more, and runs each of them to its end. */
import type { Attempts, ClaimedJob } from './attempts.ts';
import type { Quota } from './quota.ts';
import type { JobRun } from './runner.ts';
import { MOST_STUDIES } from './study_threads.ts';

export interface StudiesOptions {
  readonly attempts: Pick<Attempts, 'claim'>;
  readonly quotaOf: (owner: string) => Quota;
  /** Before the first claim: jobs of a process that is no more go back to the queue. */
  readonly recover: () => Promise<void>;
  readonly prepare: (job: ClaimedJob) => JobRun;
  readonly onStarted: (job: string) => void;
  /** Hears of a claim or a study that failed. */
  readonly onError: (error: unknown) => void;
}

export class Studies {
  readonly #options: StudiesOptions;
  /** By the id of the job. */
  readonly #runs = new Map<string, { readonly run: JobRun; readonly ended: Promise<void> }>();
  #stopping = false;
  #claiming: Promise<void> | null = null;
  /** A job may have been queued while the last claim was on its way. */
  #again = false;

  constructor(options: StudiesOptions) {
    this.#options = options;
  }

  /** Whether the study of this job is planned here. */
  has(job: string): boolean {
    return this.#runs.has(job);
  }

  cancel(job: string): void {
    this.#runs.get(job)?.run.stop('cancel');
  }

  /** Looks for jobs. */
  wake(): void {
    this.#again = true;
    if (this.#claiming !== null || this.#stopping) return;
    this.#claiming = this.#claimAll()
      .catch(this.#options.onError)
      .finally(() => {
        this.#claiming = null;
      });
  }

  /** Claims nothing any more; resolves once every study that is planned here has ended. */
  async stop(): Promise<void> {
    this.#stopping = true;
    for (const { run } of this.#runs.values()) run.stop('shutdown');
    await this.#claiming;
    await Promise.all([...this.#runs.values()].map(({ ended }) => ended));
  }

  /** The jobs of the studies that have not ended go back to the queue. */
  async giveBack(): Promise<void> {
    await Promise.allSettled([...this.#runs.values()].map(({ run }) => run.giveBack()));
  }

  /** One study of an owner at a time, which alone keeps every thread busy; of several owners, so that none waits for another's. */
  #mayRun(owner: string): number {
    const own = [...this.#runs.values()].some(({ run }) => run.job.owner === owner);
    return own ? 0 : this.#options.quotaOf(owner).max_running_jobs;
  }

  async #claimAll(): Promise<void> {
    const { attempts, recover } = this.#options;
    while (!this.#stopping && this.#runs.size < MOST_STUDIES) {
      this.#again = false;
      await recover();
      const job = await attempts.claim((owner) => this.#mayRun(owner));
      if (job === null && this.#again) continue;
      if (job === null) return;
      this.#start(job);
    }
  }

  #start(job: ClaimedJob): void {
    const { prepare, onStarted, onError } = this.#options;
    const run = prepare(job);
    if (this.#stopping) run.stop('shutdown');
    onStarted(job.id);
    const ended = run
      .run()
      .catch(onError)
      .finally(() => {
        this.#runs.delete(job.id);
        this.wake();
      });
    this.#runs.set(job.id, { run, ended });
  }
}
