/** @file The list of jobs, newest first, kept up to date. */
import { useEffect, useRef, useState } from 'preact/hooks';
import type { Job, paths } from '../../client/index.ts';
import { ApiError, answer, api } from '../api/client.ts';
import { ago, clip, plural, words } from '../lib/format.ts';
import { address, go, replace } from '../lib/router.ts';
import { VerdictBadge } from '../report/hero.tsx';
import { ProgressBar, StatusBadge } from './live.tsx';
import { Upload } from './upload.tsx';

const REFRESH_MS = 3000;
const PAGE = 30;
const PAUSE_MS = 250;

interface Loaded {
  readonly jobs: readonly Job[];
  readonly cursor: string | null;
  readonly error: string | null;
}

type JobQuery = NonNullable<paths['/v1/jobs']['get']['parameters']['query']>;
/** As it stands in the address and in the query to the service; what is empty is not there. */
type Filter = Readonly<Record<string, string>>;

const PAIR = 'metadata.';
const KEYS = ['text', 'status', 'verdict', 'kind'];

/** The address keeps it, for "back" and for others. */
const filterOf = ({ searchParams }: URL): Filter =>
  Object.fromEntries(
    [...searchParams].filter(([key, value]) => value !== '' && (KEYS.includes(key) || key.startsWith(PAIR))),
  );

function setFilter(filter: Filter): void {
  const given = Object.entries(filter).filter(([, value]) => value !== '');
  replace(given.length === 0 ? '/' : `/?${new URLSearchParams(given)}`);
}

const STATUSES = ['queued', 'running', 'succeeded', 'failed', 'canceled'];
const VERDICTS = ['healthy', 'unhealthy', 'inconclusive'];
const KINDS = ['study', 'search'];

/** The newest jobs, so many pages of them. */
async function readJobs(filter: Filter, pages: number): Promise<Loaded> {
  const jobs: Job[] = [];
  let cursor: string | null = null;
  for (let page = 0; page < pages && (page === 0 || cursor !== null); page++) {
    const query = { limit: PAGE, ...(cursor === null ? {} : { cursor }), ...filter } as JobQuery;
    const read: { data: Job[]; next_cursor: string | null } = await answer(
      api.GET('/v1/jobs', { params: { query } }),
    );
    jobs.push(...read.data);
    cursor = read.next_cursor;
  }
  return { jobs, cursor, error: null };
}

const LOADING: Loaded = { jobs: [], cursor: null, error: 'loading' };

function useJobs(filter: Filter): Loaded & { more(): void } {
  const [loaded, setLoaded] = useState<Loaded>(LOADING);
  const [pages, setPages] = useState(1);
  const asked = JSON.stringify(filter);
  useEffect(() => {
    let current = true;
    let timer: ReturnType<typeof setTimeout> | undefined;
    const load = async () => {
      const read = await readJobs(JSON.parse(asked) as Filter, pages).catch((error: unknown) => ({
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
  }, [asked, pages]);
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

/** Of a catalogue by its name, of one's own by its formula. */
function activationName(text: string): string {
  if (!text.startsWith('{')) return text;
  const { expression, type } = JSON.parse(text) as { expression?: string; type?: string };
  return expression ?? type ?? text;
}

function About({ job }: { job: Job }) {
  if (job.status === 'queued') return <>waits for its turn</>;
  if (job.status === 'running')
    return (
      <>
        <ProgressBar job={job} />
        {words(job.progress.phase)}, {plural(job.progress.completed_trials, 'training')} done
      </>
    );
  if (job.error !== null) return <>{clip(job.error.detail, 120)}</>;
  if (job.summary === null) return null;
  const { findings, recommended } = job.summary;
  if (job.kind === 'search')
    return (
      <>
        {recommended.length === 0 ? 'no function could be ranked' : 'best: '}
        <b>
          <bdi>{clip(recommended.map(activationName).join(' + '), 80)}</bdi>
        </b>
      </>
    );
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
            <button
              key={key}
              type="button"
              class="tag"
              title="Only jobs with this pair"
              onClick={() => setFilter({ ...filterOf(address.value), [PAIR + key]: value })}
            >
              <bdi>{clip(`${key}=${value}`, 32)}</bdi>
            </button>
          ))}
      </div>
      <time class="muted" dateTime={job.created_at} title={job.created_at}>
        {ago(job.created_at)}
      </time>
    </li>
  );
}

function Picker({ name, choices, filter }: { name: string; choices: readonly string[]; filter: Filter }) {
  return (
    <select
      aria-label={words(name)}
      value={filter[name] ?? ''}
      onChange={(event) => setFilter({ ...filter, [name]: event.currentTarget.value })}
    >
      <option value="">any {name}</option>
      {choices.map((one) => (
        <option key={one} value={one}>
          {one}
        </option>
      ))}
    </select>
  );
}

/** Asked for when typing pauses. */
function TextFilter({ filter }: { filter: Filter }) {
  const known = filter.text ?? '';
  const [text, setText] = useState(known);
  const sent = useRef(known);
  useEffect(() => {
    // What was typed since is not undone by the answer to what was typed before.
    if (known !== sent.current) setText(known);
    sent.current = known;
  }, [known]);
  useEffect(() => {
    const wanted = text.trim();
    if (wanted === sent.current) return;
    const timer = setTimeout(() => {
      sent.current = wanted;
      setFilter({ ...filterOf(address.value), text: wanted });
    }, PAUSE_MS);
    return () => clearTimeout(timer);
  }, [text]);
  return (
    <input
      type="search"
      placeholder="Name, finding, remedy, or key=value"
      aria-label="Filter by text"
      maxLength={200}
      value={text}
      onInput={(event) => setText(event.currentTarget.value)}
    />
  );
}

function Filters({ filter }: { filter: Filter }) {
  const pairs = Object.entries(filter).filter(([key]) => key.startsWith(PAIR));
  return (
    <search class="filters">
      <TextFilter filter={filter} />
      <Picker name="status" choices={STATUSES} filter={filter} />
      <Picker name="verdict" choices={VERDICTS} filter={filter} />
      <Picker name="kind" choices={KINDS} filter={filter} />
      {pairs.map(([key, value]) => (
        <button
          key={key}
          type="button"
          class="button small"
          aria-label={`Do not filter by ${clip(key.slice(PAIR.length), 60)}`}
          onClick={() => setFilter({ ...filter, [key]: '' })}
        >
          <bdi>{clip(`${key.slice(PAIR.length)}=${value}`, 40)}</bdi> ×
        </button>
      ))}
    </search>
  );
}

function Nothing({ error, filtered }: { error: string | null; filtered: boolean }) {
  const text = error === 'loading' ? 'Loading …' : filtered ? 'None of your jobs match.' : 'No jobs yet.';
  return (
    <p class="card empty">
      {text} {error !== 'loading' && !filtered && <a href="/new">Try an example</a>}
    </p>
  );
}

export function JobsPage() {
  const filter = filterOf(address.value);
  const [chosen, setChosen] = useState<ReadonlySet<string>>(new Set());
  const { jobs, cursor, error, more } = useJobs(filter);
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
      <Filters filter={filter} />
      {jobs.length > 0 ? (
        <ul class="job-list card">
          {jobs.map((job) => (
            <Row key={job.id} job={job} chosen={chosen.has(job.id)} onChoose={() => toggle(job.id)} />
          ))}
        </ul>
      ) : (
        <Nothing error={error} filtered={Object.keys(filter).length > 0} />
      )}
      {cursor !== null && (
        <button type="button" class="button" onClick={more}>
          Older jobs
        </button>
      )}
      <Upload onTaken={() => go('/new')} />
    </>
  );
}
