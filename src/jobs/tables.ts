/** @file The tables, as the newest schema has them. */
import type { Generated } from 'kysely';

interface JobsTable {
  /** Order of submission; cursors hold it. */
  position: Generated<number>;
  id: string;
  /** The name of the access key that made it. */
  owner: string;
  status: string;
  /** JSON of what a search is asked; null for a study. */
  search: string | null;
  /** The metadata of the experiment, as JSON, which can hold any text. */
  name: string | null;
  metadata: string;
  /** JSON, as are progress, summary, error. */
  estimate: string;
  progress: string;
  summary: string | null;
  error: string | null;
  created_at: string;
  started_at: string | null;
  finished_at: string | null;
  cancel_requested_at: string | null;
  /** Fences every write of a running job. */
  attempt: number;
  attempt_started_at: string | null;
  heartbeat_at: string | null;
  crash_score: number;
  /** JSON: where its end is told; null: nowhere. */
  webhook: string | null;
  /** JSON: how far the telling has come; null before its end, and where nobody is told. */
  delivery: Generated<string | null>;
}

/** Events on their way. They outlive their job. */
interface DeliveriesTable {
  id: string;
  owner: string;
  job_id: string;
  url: string;
  payload: string;
  attempts: number;
  /** When it is due; while it is posted, when it would be due again. */
  next_at: string;
}

interface FilesTable {
  /** Order of uploading; cursors hold it. */
  position: Generated<number>;
  id: string;
  owner: string;
  name: string;
  bytes: number;
  sha256: string;
  /** JSON: what reading the file told. */
  facts: string;
  created_at: string;
}

/** Trials that any process may train. */
interface OrdersTable {
  job_id: string;
  key: string;
  owner: string;
  /** Of the first run that needs it. */
  run: string;
  seed: number;
  keep_weights: number;
  experiment: Buffer;
  seconds: number;
  turn: number;
  traceparent: string | null;
  /** The kind that the study is on. */
  machine: string;
  starts: number;
  /** Null while it waits. */
  taken_at: string | null;
  /** JSON. */
  failure: string | null;
}

export interface Tables {
  jobs: JobsTable;
  /** JSON, by `packText`. Beside the jobs: either may hold megabytes, which nobody who looks for a job has to pass by. */
  experiments: { job_id: string; experiment: Buffer };
  results: { job_id: string; result: Buffer };
  /** `machine`: null of what an earlier version trained. */
  trials: { job_id: string; key: string; trace: Buffer; machine: Generated<string | null> };
  /** Kinds of machines that have trained; JSON. */
  machines: { id: string; facts: string };
  orders: OrdersTable;
  /** In parts: `records` of every step at which one was kept, `state` of the last. */
  snapshots: {
    job_id: string;
    key: string;
    step: number;
    kind: 'records' | 'state';
    part: number;
    bytes: Buffer;
    machine: string;
  };
  /** `outcome` is JSON; null where an earlier version has written the run. */
  runs: { job_id: string; run: string; key: string; outcome: Generated<string | null> };
  events: { job_id: string; seq: number; type: string; data: string; created_at: string };
  /** Submissions of the last hour, from which an owner's limit of FLOPs is counted. */
  submissions: { owner: string; flops: number; created_at: string };
  /** The number of an owner's last turn; every turn has the next number, whatever the clock says. */
  turns: { owner: string; turn: number };
  files: FilesTable;
  /** The content, on PostgreSQL. */
  file_parts: { file_id: string; part: number; bytes: Buffer };
  /** Which files a job reads. */
  job_files: { job_id: string; file_id: string };
  deliveries: DeliveriesTable;
  idempotency_keys: { owner: string; key: string; fingerprint: string; job_id: string; created_at: string };
}
