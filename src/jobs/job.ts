/** @file A job as clients see it, its events, and what the job service offers to the HTTP side. */
import { z } from 'zod';
import { verdicts } from '../diagnosis/index.ts';
import type { Experiment } from '../experiment/index.ts';
import type { Outcome } from '../statistics/index.ts';
import { phases, type SearchOptions } from '../study/index.ts';
import { shownWebhookSchema, type Webhook } from '../webhooks/index.ts';
import type { QuotaExcess } from './quota.ts';

export const jobStatuses = ['queued', 'running', 'succeeded', 'failed', 'canceled'] as const;
export type JobStatus = (typeof jobStatuses)[number];

export const jobKinds = ['study', 'search'] as const;

const time = z.iso.datetime();

const progressSchema = z.object({
  phase: z.enum(phases),
  completed_trials: z.int(),
  total_trials: z
    .int()
    .describe(
      'About how many there will be. It grows or shrinks while the job runs: never below what has begun, never above `remedies.max_trials`',
    ),
  fraction: z.number().min(0).max(1),
  eta_s: z.number().nullable(),
  best: z
    .object({ formula: z.string(), value: z.number().nullable() })
    .nullable()
    .optional()
    .describe('In a design search: the function with the lowest screening loss so far'),
});

export const estimateSchema = z.object({
  parameters: z.int(),
  flops_per_step: z.number(),
  trials: z.int().describe('About how many trainings there will be; how many depends on what they show'),
  duration_s: z.number().describe('A rough guess from the FLOPs and the worker threads'),
});

export const jobSchema = z
  .object({
    id: z.string(),
    kind: z.enum(jobKinds),
    name: z.string().nullable(),
    status: z.enum(jobStatuses),
    created_at: time,
    started_at: time.nullable(),
    finished_at: time.nullable(),
    cancel_requested_at: time.nullable(),
    progress: progressSchema,
    estimate: estimateSchema,
    summary: z
      .object({
        verdict: z.enum(verdicts),
        findings: z.array(z.string()),
        recommended: z.array(z.string()),
      })
      .nullable()
      .describe('Once the job has succeeded'),
    error: z.object({ code: z.string(), detail: z.string() }).nullable().describe('Once the job has failed'),
    metadata: z.record(z.string(), z.string()),
    webhook: shownWebhookSchema.nullable(),
    links: z.object({
      self: z.string(),
      cancel: z.string(),
      events: z.string(),
      result: z.string(),
      statistics: z.string(),
      series: z.string(),
      runs: z.string(),
      weights: z.string(),
      model: z.string(),
      report: z.string().describe('One HTML file that opens without a network'),
      web: z.string().describe('The page of the job'),
    }),
  })
  .meta({ id: 'Job' });

export type Job = z.output<typeof jobSchema>;
export type Estimate = z.output<typeof estimateSchema>;

export const eventSchema = z
  .object({
    seq: z.int().describe('Grows by one within a job'),
    type: z.enum(['status', 'progress', 'losses']),
    created_at: time,
    data: z
      .record(z.string(), z.unknown())
      .describe(
        '`status`: { status }; `progress`: as in the job; `losses`: { run, steps, total_steps, losses }, some steps of a running training, and how many it has in all',
      ),
  })
  .meta({ id: 'JobEvent' });

export type JobEvent = z.output<typeof eventSchema>;

export interface Submission {
  readonly experiment: Pick<Experiment, 'name' | 'metadata'>;
  /** The whole experiment, every default filled in: JSON, by `packText`. */
  readonly packed: Uint8Array;
  /** Those that it names. */
  readonly files: readonly string[];
  /** The request of a search; null for a study. */
  readonly search: SearchOptions | null;
  /** Who is told of its end; null: nobody. */
  readonly webhook: Webhook | null;
  readonly estimate: Estimate;
  /** FLOPs of all trainings, as estimated; counts against the owner's limit. */
  readonly flops: number;
  /** The `Idempotency-Key` and a hash of the body, where the client sent one. */
  readonly idempotency: { readonly key: string; readonly fingerprint: string } | null;
}

/** The source of a job. The experiment is packed by `packText`. */
export type Posted = { readonly experiment: Uint8Array } & Pick<Submission, 'search'>;

/** A submission with the name of the access key that makes it. */
export type OwnedSubmission = Submission & { readonly owner: string };

export type SubmitOutcome =
  | { readonly kind: 'created' | 'replayed'; readonly job: Job }
  /** The key came with another body before. */
  | { readonly kind: 'conflict' }
  /** The owner has to wait. */
  | ({ readonly kind: 'over_quota' } & QuotaExcess);

export interface JobPage {
  readonly data: Job[];
  readonly has_more: boolean;
  readonly next_cursor: string | null;
}

export type RemoveOutcome = 'removed' | 'not_found' | 'not_terminal';

/** A filter that is left out matches all jobs. */
export interface JobFilter {
  readonly status?: JobStatus | undefined;
  readonly kind?: Job['kind'] | undefined;
  /** Only finished jobs have a verdict. */
  readonly verdict?: NonNullable<Job['summary']>['verdict'] | undefined;
  /** Held by the name; case does not matter. */
  readonly name?: string | undefined;
  /** Words, each of which has to be in the name, the id, a finding, a recommended remedy or a pair key=value of the metadata. */
  readonly text?: string | undefined;
  /** Pairs that a job's metadata must have. */
  readonly metadata?: Readonly<Record<string, string>> | undefined;
}

export interface JobQuery extends JobFilter {
  readonly limit: number;
  readonly cursor?: string | undefined;
}

/** Everything that the HTTP side may do with the jobs of one owner. A job that `submit` returned survives a crash at any moment. */
export interface JobService {
  submit(submission: Submission): Promise<SubmitOutcome>;
  get(id: string): Promise<Job | null>;
  /** Newest first. Throws `InvalidCursor` for a cursor that this service did not make. */
  list(query: JobQuery): Promise<JobPage>;
  /** The serialized report (UTF-8 JSON); null while there is none. */
  result(id: string): Promise<Buffer | null>;
  /** The experiment as it was accepted, its data included: JSON, by `packText`. */
  experiment(id: string): Promise<Uint8Array | null>;
  /** The source of the job, to post it again. */
  posted(id: string): Promise<Posted | null>;
  /** Names of the finished runs, baseline first. */
  runs(id: string): Promise<string[]>;
  /** The outcome of each run, as JSON; without runs that an earlier version has written. */
  outcomes(id: string): Promise<ReadonlyMap<string, Outcome>>;
  /** As it is stored, by `encodeTrace`, for whoever has a thread to unpack it. */
  encodedTrace(id: string, run: string): Promise<Uint8Array | null>;
  /** Events with seq > after, oldest first. */
  events(id: string, after: number, limit: number): Promise<JobEvent[]>;
  /** Calls back after every new event of the job, until the returned function is called. */
  subscribe(id: string, onEvent: () => void): () => void;
  /** Idempotent; a terminal job is returned as it is. Null where there is no such job. */
  cancel(id: string): Promise<Job | null>;
  remove(id: string): Promise<RemoveOutcome>;
  /** The job once it is terminal, or as it is when the time is over or the signal aborts. */
  waitUntilTerminal(id: string, timeoutMs: number, signal?: AbortSignal): Promise<Job | null>;
  /** True if the database answers and has room for a job, and all worker threads of this process are alive. */
  ready(): Promise<{ database: boolean; storage: boolean; workers: boolean }>;
}

export const isTerminal = (status: JobStatus): boolean =>
  status === 'succeeded' || status === 'failed' || status === 'canceled';
