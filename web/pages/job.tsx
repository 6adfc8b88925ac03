/** @file One job: live while it runs, its report once it has ended. */
import { useEffect, useMemo, useState } from 'preact/hooks';
import type { Job, JobEvent, Report, SearchReport } from '../../client/index.ts';
import { ApiError, accessKey, answer, api, authorization, reach } from '../api/client.ts';
import { follow } from '../api/events.ts';
import { readGrid } from '../api/series.ts';
import { clip } from '../lib/format.ts';
import { addLosses, type LiveCurves } from '../lib/live_curves.ts';
import { go } from '../lib/router.ts';
import type { JobData } from '../report/data.ts';
import { ReportView } from '../report/view.tsx';
import { download, prettyJson } from '../ui/parts.tsx';
import { Live } from './live.tsx';

const isOver = ({ status }: Job): boolean => status !== 'queued' && status !== 'running';

const path = (id: string) => ({ params: { path: { id } } });

/** Names of the finished runs, without reading any of them: those of the report. */
function runNames(report: Report | SearchReport | null): string[] {
  if (report === null || 'kind' in report) return [];
  const { baseline, recommendation } = report;
  const cured = recommendation?.remedies.join('+');
  return [
    ...baseline.runs.map(({ seed }) => `baseline/${seed}`),
    ...(recommendation?.seeds ?? []).map((seed) => `${cured}/${seed}`),
  ];
}

interface State {
  readonly job: Job | null;
  readonly report: Report | SearchReport | null;
  readonly curves: LiveCurves;
  readonly error: ApiError | null;
}

const NOTHING: State = { job: null, report: null, curves: new Map(), error: null };

async function readAll(id: string): Promise<Pick<State, 'job' | 'report'>> {
  const job = await answer(api.GET('/v1/jobs/{id}', path(id)));
  const report = job.status === 'succeeded' ? await answer(api.GET('/v1/jobs/{id}/result', path(id))) : null;
  return { job, report };
}

const RETRY_MS = 2000;

type Change = (before: State) => State;

/** Reads the job, follows it while it runs, reads its report. */
async function watch(id: string, set: (change: Change) => void, signal: AbortSignal): Promise<void> {
  const first = await readAll(id);
  set((before) => ({ ...before, ...first, error: null }));
  // Of a job that has ended without a report, its events tell how far it came.
  if (first.job === null || first.report !== null) return;
  const onEvents = (events: JobEvent[]) =>
    set((before) => ({
      ...before,
      job: applied(before.job, events),
      curves: addLosses(before.curves, events),
    }));
  await follow(id, onEvents, signal);
  if (isOver(first.job)) return;
  const last = await readAll(id);
  set((before) => ({ ...before, ...last }));
  if (last.job !== null && !isOver(last.job)) throw new ApiError(null, 'The job goes on.');
}

function useJob(id: string): State {
  const [state, setState] = useState<State>(NOTHING);
  useEffect(() => {
    const controller = new AbortController();
    const { signal } = controller;
    const set = (change: Change) => {
      if (!signal.aborted) setState(change);
    };
    const run = async () => {
      const error = await watch(id, set, signal).then(
        () => null,
        (thrown: unknown) => (thrown instanceof ApiError ? thrown : new ApiError(null, String(thrown))),
      );
      if (error === null || signal.aborted) return;
      set((before) => ({ ...before, error }));
      // A service that does not answer is asked again; one that says no is not.
      if (error.problem === null) setTimeout(() => signal.aborted || void run(), RETRY_MS);
    };
    void run();
    return () => controller.abort();
  }, [id]);
  return state;
}

/** The job as its events tell. */
function applied(job: Job | null, events: readonly JobEvent[]): Job | null {
  let known = job;
  for (const { type, data } of events) {
    if (known === null) return null;
    if (isOver(known)) return known;
    if (type === 'status') known = { ...known, status: data.status as Job['status'] };
    if (type === 'progress') known = { ...known, progress: data as unknown as Job['progress'] };
  }
  return known;
}

/** With a key, a link alone would be refused. */
async function openReport(id: string): Promise<void> {
  const response = await reach(new Request(`/v1/jobs/${id}/report`, { headers: authorization() }));
  if (response.ok) download(`gradclinic-${id}.html`, await response.text(), 'text/html');
}

async function rerun({ id }: Job): Promise<void> {
  const job = await answer(api.POST('/v1/jobs/{id}/rerun', path(id)));
  go(`/jobs/${job.id}`);
}

/** What went wrong, for the reader. */
function useAttempt(): { said: string | null; attempt(work: Promise<void>): void } {
  const [said, setSaid] = useState<string | null>(null);
  const attempt = (work: Promise<void>) =>
    void work.catch((error: unknown) => setSaid(String(error instanceof Error ? error.message : error)));
  return { said, attempt };
}

function RunAgain({ job }: { job: Job }) {
  const { said, attempt } = useAttempt();
  const [asked, setAsked] = useState(false);
  const run = () => {
    setAsked(true);
    attempt(rerun(job).finally(() => setAsked(false)));
  };
  return (
    <>
      <button type="button" class="button small" disabled={asked} onClick={run}>
        {asked ? 'Is queued …' : 'Run again'}
      </button>
      {said !== null && <span role="alert">{clip(said, 200)}</span>}
    </>
  );
}

function Actions({ job, report }: { job: Job; report: Report | SearchReport }) {
  const { said, attempt } = useAttempt();
  return (
    <>
      {accessKey.value === null ? (
        <a class="button small" href={`/v1/jobs/${job.id}/report`} target="_blank" rel="noreferrer">
          Report as a file
        </a>
      ) : (
        <button type="button" class="button small" onClick={() => attempt(openReport(job.id))}>
          Report as a file
        </button>
      )}
      <button
        type="button"
        class="button small"
        onClick={() => download(`${job.id}.json`, prettyJson(report), 'application/json')}
      >
        Report as JSON
      </button>
      <RunAgain job={job} />
      <a class="button small" href={`/compare?jobs=${job.id}`}>
        Compare
      </a>
      {said !== null && <span role="alert">{clip(said, 200)}</span>}
    </>
  );
}

export function JobPage({ id }: { id: string }) {
  const { job, report, curves, error } = useJob(id);
  const data = useMemo(
    (): JobData | null =>
      job === null || report === null
        ? null
        : { job, report, runs: runNames(report), grid: (query) => readGrid(id, query) },
    [id, job, report],
  );
  useEffect(() => {
    document.title = job === null ? 'GradClinic' : `${clip(job.name ?? job.id, 60)} · GradClinic`;
  }, [job]);
  if (job === null && error?.problem != null) return <p class="card empty">{error.message}</p>;
  if (job === null) return <div class="card waiting tall" />;
  if (data !== null)
    return <ReportView data={data} actions={<Actions job={job} report={data.report as Report} />} />;
  return <Live {...{ job, curves }} again={<RunAgain job={job} />} />;
}
