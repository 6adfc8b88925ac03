/** @file A job that has no report: on its way, with the curves as they grow, or ended without one. */
import { useMemo, useState } from 'preact/hooks';
import type { Job, JobEvent } from '../../client/index.ts';
import { answer, api } from '../api/client.ts';
import { type Curve, Lines } from '../charts/lines.tsx';
import { clip, duration, number, plural, words } from '../lib/format.ts';
import { Section } from '../ui/parts.tsx';

interface LiveCurve {
  readonly steps: readonly number[];
  readonly losses: readonly (number | null)[];
}

/** By run. */
export type LiveCurves = ReadonlyMap<string, LiveCurve>;

/** A page that stays open for a day does not grow. */
const MAX_POINTS = 1000;
const MAX_RUNS = 12;

/** Every second point, where there are too many. */
function bounded({ steps, losses }: LiveCurve): LiveCurve {
  if (steps.length <= MAX_POINTS) return { steps, losses };
  const keep = (_: unknown, i: number) => i % 2 === 0;
  return { steps: steps.filter(keep), losses: losses.filter(keep) };
}

export function addLosses(before: LiveCurves, events: readonly JobEvent[]): LiveCurves {
  const added = events.filter(({ type }) => (type as string) === 'losses');
  if (added.length === 0) return before;
  const curves = new Map(before);
  for (const { data } of added) {
    const { run, steps, losses } = data as unknown as LiveCurve & { run: string };
    const known = curves.get(run) ?? { steps: [], losses: [] };
    // What a new attempt begins again is drawn again.
    const from = steps[0] ?? 0;
    const kept = known.steps.filter((step) => step < from).length;
    curves.delete(run);
    curves.set(
      run,
      bounded({
        steps: [...known.steps.slice(0, kept), ...steps],
        losses: [...known.losses.slice(0, kept), ...losses],
      }),
    );
  }
  for (const oldest of curves.keys()) {
    if (curves.size <= MAX_RUNS) break;
    if (!oldest.startsWith('baseline/') || curves.size > 2 * MAX_RUNS) curves.delete(oldest);
    else curves.delete([...curves.keys()].find((run) => !run.startsWith('baseline/')) ?? oldest);
  }
  return curves;
}

const COLOURS = ['series-1', 'series-2', 'series-3', 'series-4', 'series-5'];

function GrowingCurves({ curves }: { curves: LiveCurves }) {
  const lines = useMemo(
    (): Curve[] =>
      [...curves]
        .sort(([a], [b]) => a.localeCompare(b))
        .map(([run, { steps, losses }], i) => ({
          label: run,
          colour: COLOURS[i % COLOURS.length] as string,
          x: steps,
          y: losses,
          thin: !run.startsWith('baseline/'),
        })),
    [curves],
  );
  if (lines.length === 0) return null;
  return (
    <Section id="live" title="Training loss, as it is measured">
      <Lines curves={lines} label="Loss of the running trainings over steps" height={280} />
    </Section>
  );
}

const STATES: Readonly<Record<Job['status'], { text: string; tone: string }>> = {
  queued: { text: 'Queued', tone: 'unsure' },
  running: { text: 'Running', tone: 'running' },
  succeeded: { text: 'Succeeded', tone: 'good' },
  failed: { text: 'Failed', tone: 'bad' },
  canceled: { text: 'Canceled', tone: 'unsure' },
};

export function StatusBadge({ status }: { status: Job['status'] }) {
  const { text, tone } = STATES[status];
  return <span class={`badge ${tone}`}>{text}</span>;
}

export function ProgressBar({ job }: { job: Job }) {
  const { phase, completed_trials, total_trials, fraction } = job.progress;
  return (
    <div
      class="progress"
      role="progressbar"
      aria-label={`${words(phase)}: ${completed_trials} of ${total_trials} trainings`}
      aria-valuenow={Math.round(100 * fraction)}
      aria-valuemin={0}
      aria-valuemax={100}
    >
      <i style={{ width: `${100 * fraction}%` }} />
    </div>
  );
}

function Cancel({ job }: { job: Job }) {
  const [asked, setAsked] = useState(false);
  const cancel = () => {
    setAsked(true);
    answer(api.POST('/v1/jobs/{id}/cancel', { params: { path: { id: job.id } } })).catch(() =>
      setAsked(false),
    );
  };
  return (
    <button type="button" class="button small" disabled={asked} onClick={cancel}>
      {asked ? 'Ends at the next step …' : 'Cancel'}
    </button>
  );
}

const over = ({ status }: Job) => status === 'failed' || status === 'canceled';

export function Live({ job, curves }: { job: Job; curves: LiveCurves }) {
  const { phase, completed_trials, total_trials, eta_s, best } = job.progress;
  return (
    <>
      <header class="hero card">
        <div class="hero-title">
          <StatusBadge status={job.status} />
          <h1>
            <bdi>{clip(job.name ?? 'Experiment without a name', 200)}</bdi>
          </h1>
          <p class="muted facts">
            {job.estimate.parameters.toLocaleString('en')} parameters · {job.id}
          </p>
        </div>
        {job.error !== null && (
          <div class="panel bad">
            <h2>{words(job.error.code)}</h2>
            <p>{job.error.detail}</p>
          </div>
        )}
        {!over(job) && (
          <>
            <p class="live-phase" role="status">
              <b>{words(phase)}</b>
              <span class="muted">
                {completed_trials} of at most {plural(total_trials, 'training')}
                {eta_s === null ? '' : ` · about ${duration(eta_s)} left`}
              </span>
            </p>
            <ProgressBar job={job} />
            {best != null && (
              <p class="muted">
                Best function so far: <code>{clip(best.formula, 120)}</code>, loss {number(best.value)}
              </p>
            )}
          </>
        )}
        <div class="actions">{!over(job) && <Cancel job={job} />}</div>
      </header>
      <GrowingCurves curves={curves} />
    </>
  );
}
