/** @file A job that has no report: on its way, with the curves as they grow, or ended without one. */
import type { ComponentChildren } from 'preact';
import { useMemo, useState } from 'preact/hooks';
import type { Job } from '../../client/index.ts';
import { answer, api } from '../api/client.ts';
import { Lines } from '../charts/lines.tsx';
import { clip, duration, number, plural, runWords, words } from '../lib/format.ts';
import type { LiveCurves } from '../lib/live_curves.ts';
import { Origin } from '../report/hero.tsx';
import { useLossAxis } from '../ui/loss_axis.tsx';
import { Section } from '../ui/parts.tsx';
import { linesOf } from './live_lines.ts';

function GrowingCurves({ curves, over }: { curves: LiveCurves; over: boolean }) {
  const lines = useMemo(() => linesOf(curves, over), [curves, over]);
  const { log, choice } = useLossAxis(lines);
  if (lines.length === 0) return null;
  return (
    <Section id="live" title={over ? 'Training loss, as far as it came' : 'Training loss, as it is measured'}>
      <div class="chart-head">
        <h3 class="hidden">Loss</h3>
        {choice}
      </div>
      <Lines curves={lines} log={log} label="Loss of the running trainings over steps" height={280} />
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
      aria-label={`${words(phase)}: ${completed_trials} of about ${total_trials} trainings`}
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

/** How far the training is that was heard of last: a bar of whole trainings stands still for long. */
function StepNow({ curves }: { curves: LiveCurves }) {
  const [run, curve] = [...curves].at(-1) ?? [];
  const step = curve?.steps.at(-1);
  if (run === undefined || step === undefined) return null;
  return (
    <p class="muted">
      <bdi>{runWords(run)}</bdi>: step {(step + 1).toLocaleString('en')}
      {curve?.total_steps == null ? '' : ` of ${curve.total_steps.toLocaleString('en')}`}
    </p>
  );
}

const over = ({ status }: Job) => status === 'failed' || status === 'canceled';

interface LiveProps {
  readonly job: Job;
  readonly curves: LiveCurves;
  /** What can be done once it is over. */
  readonly again: ComponentChildren;
}

export function Live({ job, curves, again }: LiveProps) {
  const { phase, completed_trials, total_trials, eta_s, best } = job.progress;
  return (
    <>
      <header class="hero card">
        <div class="hero-title">
          <StatusBadge status={job.status} />
          <h1>
            <bdi>{clip(job.name ?? 'Experiment without a name', 200)}</bdi>
          </h1>
          <p class="muted facts">{job.estimate.parameters.toLocaleString('en')} parameters</p>
          <Origin job={job} />
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
                {job.status === 'queued'
                  ? `waits for its turn · about ${plural(total_trials, 'training')}`
                  : `${completed_trials} of about ${plural(total_trials, 'training')}`}
                {eta_s === null ? '' : ` · about ${duration(eta_s)} left`}
              </span>
            </p>
            <ProgressBar job={job} />
            <StepNow curves={curves} />
            {best != null && (
              <p class="muted">
                Best function so far: <code>{clip(best.formula, 120)}</code>, loss {number(best.value)}
              </p>
            )}
          </>
        )}
        <div class="actions">{over(job) ? again : <Cancel job={job} />}</div>
      </header>
      <GrowingCurves curves={curves} over={over(job)} />
    </>
  );
}
