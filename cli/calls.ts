/** @file The requests that several commands make, over the typed client. */
import { Readable } from 'node:stream';
import type { Client, components, Job, Report, SearchReport } from '../client/index.ts';
import { ask, type Connection } from './connection.ts';

export type StatisticsRow = components['schemas']['StatisticsPage']['data'][number];

/**
 * As it was read: what is no JSON is the service's to say.
 * @param file where it was read, if it was a file
 */
export const submit = (client: Client, experiment: string, file?: string): Promise<Job> =>
  ask(
    client.POST('/v1/jobs', {
      body: {} as components['schemas']['Experiment'],
      bodySerializer: () => experiment,
      headers: { 'content-type': 'application/json' },
    }),
    file,
  );

/** A body that is sent as it is read. */
export const streamed = (content: Readable) => ({
  body: '',
  bodySerializer: () => Readable.toWeb(content) as never,
  headers: { 'content-type': 'application/octet-stream' },
  duplex: 'half' as const,
});

/** @param waitSeconds for the end of the job */
export const readJob = (client: Client, id: string, waitSeconds: number): Promise<Job> =>
  ask(
    client.GET('/v1/jobs/{id}', {
      params: { path: { id }, header: { prefer: `wait=${waitSeconds}` } },
    }),
  );

export const isOver = ({ status }: Job): boolean => status !== 'queued' && status !== 'running';

export const readReport = (client: Client, id: string): Promise<Report | SearchReport> =>
  ask(client.GET('/v1/jobs/{id}/result', { params: { path: { id } } }));

/** The report as one HTML file. */
export const readReportFile = (client: Client, id: string): Promise<string> =>
  ask(client.GET('/v1/jobs/{id}/report', { params: { path: { id } }, parseAs: 'text' }));

/** Gradient RMS of every kernel of a run, at its first and its last probe. */
export async function readGradients(client: Client, id: string, run: string): Promise<StatisticsRow[]> {
  const query = { run, tensor: 'kernel.gradient', metric: 'rms', max_points: 2 };
  const page = await ask(
    client.GET('/v1/jobs/{id}/statistics', { params: { path: { id }, query }, parseAs: 'json' }),
  );
  return (page as { data: StatisticsRow[] }).data;
}

export const pageOf = ({ url }: Connection, job: Job): string => `${url}${job.links.web}`;
