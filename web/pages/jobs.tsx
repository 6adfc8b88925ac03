/** @file The list of jobs, newest first, kept up to date. */
import { useEffect, useState } from 'preact/hooks';
import type { Job } from '../../client/index.ts';
import { ApiError, answer, api } from '../api/client.ts';
import { ago, clip, plural, words } from '../lib/format.ts';
import { VerdictBadge } from '../report/hero.tsx';
import { ProgressBar, StatusBadge } from './live.tsx';

const REFRESH_MS = 3000;
const PAGE = 30;

interface Loaded {
  readonly jobs: readonly Job[];
  readonly cursor: string | null;
  readonly error: string | null;
}

const STATUSES = ['queued', 'running', 'succeeded', 'failed', 'canceled'] as const;

/** Whether a job that was read fits what a reader types: names, ids, findings, metadata as key=value. */
function matches(job: Job, text: string, verdict: string): boolean {
  if (verdict !== '' && job.summary?.verdict !== verdict) return false;
  const words_ = text.toLowerCase().split(/\s+/).filter(Boolean);
  const metadata = Object.entries(job.metadata).map(([key, value]) => `${key}=${value}`);
  const all = [
    job.name ?? '',
    job.id,
    ...(job.summary?.findings ?? []),
    ...(job.summary?.recommended ?? []),
    ...metadata,
  ]
    .join(' ')
    .toLowerCase();
  return words_.every((word) => all.includes(word));
}

/** The newest jobs, so many pages of them. */
async function readJobs(status: string, pages: number): Promise<Loaded> {
  const jobs: Job[] = [];
  let cursor: string | null = null;
  for (let page = 0; page < pages && (page === 0 || cursor !== null); page++) {
    const query = {
      limit: PAGE,
      ...(cursor === null ? {} : { cursor }),
      ...(status === '' ? {} : { status: status as Job['status'] }),
    };
    const read: { data: Job[]; next_cursor: string | null } = await answer(
      api.GET('/v1/jobs', { params: { query } }),
    );
    jobs.push(...read.data);
    cursor = read.next_cursor;
  }
  return { jobs, cursor, error: null };
}

const LOADING: Loaded = { jobs: [], cursor: null, error: 'loading' };

function useJobs(status: string): Loaded & { more(): void } {
  const [loaded, setLoaded] = useState<Loaded>(LOADING);
  const [pages, setPages] = useState(1);
  useEffect(() => {
    let current = true;
    let timer: ReturnType<typeof setTimeout> | undefined;
    const load = async () => {
      const read = await readJobs(status, pages).catch((error: unknown) => ({
        error: error instanceof ApiError ? error.message : String(error),
      }));
      if (!current) return;
      setLoaded((before) => ({ ...before, ...read }));
      timer = setTimeout(load, document.hidden ? 5 * REFRESH_MS : REFRESH_MS);
    };
    void load();
    return () => {
      current = false;
      clearTimeout(timer);
    };
  }, [status, pages]);
  return { ...loaded, more: () => setPages(pages + 1) };
}

function Outcome({ job }: { job: Job }) {
  if (job.summary === null) return <StatusBadge status={job.status} />;
  return job.kind === 'search' ? (
    <span class="badge good">Search</span>
  ) : (
    <VerdictBadge verdict={job.summary.verdict} />
  );
}

function About({ job }: { job: Job }) {
  if (job.status === 'running' || job.status === 'queued') return <ProgressBar job={job} />;
  if (job.error !== null) return <>{clip(job.error.detail, 120)}</>;
  if (job.summary === null) return null;
  const { findings, recommended } = job.summary;
  const [root, ...others] = findings;
  return (
    <>
      {root === undefined ? 'nothing serious found' : words(root)}
      {others.length > 0 ? ` and ${plural(others.length, 'more finding')}` : ''}
      {recommended.length > 0 && <b> → {recommended.map(words).join(' + ')}</b>}
    </>
  );
}

function Row({ job, chosen, onChoose }: { job: Job; chosen: boolean; onChoose(): void }) {
  return (
    <li class="job-row">
      <input
        type="checkbox"
        checked={chosen}
        onChange={onChoose}
        aria-label={`Choose ${clip(job.name ?? job.id, 60)} for comparison`}
      />
      <Outcome job={job} />
      <div class="job-main">
        <a href={`/jobs/${job.id}`}>
          <bdi>{clip(job.name ?? job.id, 140)}</bdi>
        </a>
        <div class="job-about muted">
          <About job={job} />
        </div>
      </div>
      <div class="job-tags">
        {Object.entries(job.metadata)
          .slice(0, 3)
          .map(([key, value]) => (
            <span key={key} class="tag">
              <bdi>{clip(`${key}=${value}`, 32)}</bdi>
            </span>
          ))}
      </div>
      <time class="muted" dateTime={job.created_at} title={job.created_at}>
        {ago(job.created_at)}
      </time>
    </li>
  );
}

export function JobsPage() {
  const [status, setStatus] = useState('');
  const [verdict, setVerdict] = useState('');
  const [text, setText] = useState('');
  const [chosen, setChosen] = useState<ReadonlySet<string>>(new Set());
  const { jobs, cursor, error, more } = useJobs(status);
  const shown = jobs.filter((job) => matches(job, text, verdict));
  const toggle = (id: string) => {
    const next = new Set(chosen);
    if (!next.delete(id)) next.add(id);
    setChosen(next);
  };
  return (
    <>
      <div class="page-head">
        <h1>Jobs</h1>
        {chosen.size > 0 && (
          <a class="button" href={`/compare?jobs=${[...chosen].join()}`}>
            Compare {chosen.size}
          </a>
        )}
        <a class="button primary" href="/new">
          New experiment
        </a>
      </div>
      <search class="filters">
        <input
          type="search"
          placeholder="Name, finding, or key=value"
          aria-label="Filter by text"
          value={text}
          onInput={(event) => setText(event.currentTarget.value)}
        />
        <select aria-label="Status" value={status} onChange={(event) => setStatus(event.currentTarget.value)}>
          <option value="">any status</option>
          {STATUSES.map((one) => (
            <option key={one} value={one}>
              {one}
            </option>
          ))}
        </select>
        <select
          aria-label="Verdict"
          value={verdict}
          onChange={(event) => setVerdict(event.currentTarget.value)}
        >
          <option value="">any verdict</option>
          {['healthy', 'unhealthy', 'inconclusive'].map((one) => (
            <option key={one} value={one}>
              {one}
            </option>
          ))}
        </select>
      </search>
      {shown.length > 0 ? (
        <ul class="job-list card">
          {shown.map((job) => (
            <Row key={job.id} job={job} chosen={chosen.has(job.id)} onChoose={() => toggle(job.id)} />
          ))}
        </ul>
      ) : (
        <p class="card empty">
          {error === 'loading' ? 'Loading …' : jobs.length > 0 ? 'None of these match.' : 'No jobs yet.'}{' '}
          {error !== 'loading' && jobs.length === 0 && <a href="/new">Try an example</a>}
        </p>
      )}
      {cursor !== null && (
        <button type="button" class="button" onClick={more}>
          Older jobs
        </button>
      )}
    </>
  );
}
