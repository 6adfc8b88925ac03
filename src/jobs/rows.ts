/** @file Rows of the table `jobs` as clients see them: jobs and the cursors of lists. */
import type { Selectable } from 'kysely';
import { type Webhook, type WebhookEvent, withoutSecrets } from '../webhooks/index.ts';
import type { Job, JobStatus, OwnedSubmission } from './job.ts';
import type { Tables } from './tables.ts';

export type Row = Selectable<Tables['jobs']>;

export const parse = (text: string | null) => (text === null ? null : JSON.parse(text));

function webhookOf({ webhook, delivery, status }: Row): Job['webhook'] {
  const asked = parse(webhook) as Webhook | null;
  if (asked === null) return null;
  // A job ends once, so there is one event at most.
  const event = `job.${status}` as WebhookEvent;
  const deliveries = delivery === null ? [] : [{ event, ...parse(delivery) }];
  return { url: withoutSecrets(asked.url), events: asked.events, deliveries };
}

export function toJob(row: Row): Job {
  const self = `/v1/jobs/${row.id}`;
  return {
    id: row.id,
    kind: row.search === null ? 'study' : 'search',
    name: parse(row.name),
    status: row.status as JobStatus,
    created_at: row.created_at,
    started_at: row.started_at,
    finished_at: row.finished_at,
    cancel_requested_at: row.cancel_requested_at,
    progress: parse(row.progress),
    estimate: parse(row.estimate),
    summary: parse(row.summary),
    error: parse(row.error),
    metadata: parse(row.metadata),
    webhook: webhookOf(row),
    links: {
      self,
      cancel: `${self}/cancel`,
      events: `${self}/events`,
      result: `${self}/result`,
      statistics: `${self}/statistics`,
      series: `${self}/series`,
      runs: `${self}/runs`,
      weights: `${self}/weights`,
      model: `${self}/model`,
      report: `${self}/report`,
      web: `/jobs/${row.id}`,
    },
  };
}

const QUEUED = { phase: 'queued', completed_trials: 0, total_trials: 0, fraction: 0, eta_s: null };

/** A job that was not touched yet. */
export function submittedRow({
  owner,
  experiment,
  search,
  estimate,
  webhook,
}: Pick<OwnedSubmission, 'owner' | 'experiment' | 'search' | 'estimate' | 'webhook'>) {
  return {
    owner,
    status: 'queued',
    name: JSON.stringify(experiment.name ?? null),
    metadata: JSON.stringify(experiment.metadata),
    search: search === null ? null : JSON.stringify(search),
    estimate: JSON.stringify(estimate),
    webhook: webhook === null ? null : JSON.stringify(webhook),
    progress: JSON.stringify({ ...QUEUED, total_trials: estimate.trials }),
    attempt: 0,
    crash_score: 0,
  };
}

/** A cursor that this service did not make. */
export class InvalidCursor extends Error {
  override name = 'InvalidCursor';
}

export const encodeCursor = (position: number) => Buffer.from(`p${position}`).toString('base64url');

/** @throws InvalidCursor */
export function decodeCursor(cursor: string): number {
  const match = /^p(\d{1,15})$/.exec(Buffer.from(cursor, 'base64url').toString());
  if (match === null) throw new InvalidCursor('the cursor was not made by this service');
  return Number(match[1]);
}
