/** @file The top of a report: verdict, root cause, the change, and what it did. */
import type { ComponentChildren } from 'preact';
import { type Job, otherRootsOf, type Report } from '../../client/index.ts';
import { clip, firstSentence, number, percent, plural, together, words } from '../lib/format.ts';
import { CopyButton, prettyJson } from '../ui/parts.tsx';
import { explainedBy, findingsOf, isShare, type Outcome, outcomesOf, rootOf, titleOf } from './story.ts';

const VERDICTS: Readonly<Record<string, { text: string; tone: string }>> = {
  healthy: { text: 'Healthy', tone: 'good' },
  unhealthy: { text: 'Unhealthy', tone: 'bad' },
  inconclusive: { text: 'Inconclusive', tone: 'unsure' },
};

export function VerdictBadge({ verdict }: { verdict: string }) {
  const { text, tone } = VERDICTS[verdict] ?? { text: words(verdict), tone: 'unsure' };
  return <span class={`badge ${tone}`}>{text}</span>;
}

const METRICS: Readonly<Record<string, string>> = {
  final_loss: 'Training loss',
  final_loss_original_scale: 'Training loss, targets as given',
  validation_loss: 'Validation loss',
  validation_loss_original_scale: 'Validation loss, targets as given',
  final_accuracy: 'Training accuracy',
  validation_accuracy: 'Validation accuracy',
  missed_rare_class: 'Missed of the class that is found least',
  training_error: 'Wrong of the training samples',
};

const shown = ({ metric, effect }: Outcome, side: 'baseline' | 'treated', value: number | null): string => {
  const broken = Object.entries(effect.non_finite ?? {}).find(([field]) => field.startsWith(side))?.[1];
  if (value === null) return broken === undefined ? '–' : number(null, broken);
  return isShare(metric) ? percent(value) : number(value);
};

function OutcomeRow({ outcome }: { outcome: Outcome }) {
  return (
    <div class="outcome">
      <dt>{METRICS[outcome.metric] ?? words(outcome.metric)}</dt>
      <dd>
        <span class="before">{shown(outcome, 'baseline', outcome.before)}</span>
        <span class="arrow" aria-hidden="true">
          →
        </span>
        <span class="hidden">becomes</span>
        <strong>{shown(outcome, 'treated', outcome.after)}</strong>
      </dd>
    </div>
  );
}

/** What follows of the root, directly or not. */
function Explained({ report, root }: { report: Report; root: string }) {
  const others = findingsOf(report).filter(({ rule }) => rule !== root);
  if (others.length === 0) return null;
  const explained = explainedBy(report, root);
  const text =
    explained === others.length
      ? `It explains the other ${plural(explained, 'finding')}.`
      : `It explains ${explained} of ${plural(others.length, 'other finding')}.`;
  return (
    <p class="muted">
      {text} <a href="#checks">All checks</a>
    </p>
  );
}

function Cause({ report }: { report: Report }) {
  const root = rootOf(report);
  if (root === null) {
    const text =
      report.verdict === 'healthy' ? 'Nothing serious was found.' : 'No finding explains the others.';
    const clear = report.checks.filter(({ status }) => status === 'clear').length;
    return (
      <div class="panel">
        <h2>Findings</h2>
        <p class="statement">{text}</p>
        <p class="muted">{plural(clear, 'check')} evaluated and clear.</p>
      </div>
    );
  }
  return (
    <div class="panel bad">
      <h2>Root cause</h2>
      <p class="statement">{words(root.rule)}</p>
      <p>
        <bdi>{firstSentence(root.explanation)}</bdi>
      </p>
      {otherRootsOf(report).map(({ rule, explanation }) => (
        <p key={rule}>
          Besides, <strong>{words(rule).toLowerCase()}</strong>: <bdi>{firstSentence(explanation)}</bdi>
        </p>
      ))}
      <Explained report={report} root={root.rule} />
    </div>
  );
}

function Change({ report }: { report: Report }) {
  const { recommendation, recommendation_note: note } = report;
  if (recommendation === null) {
    if (report.verdict === 'healthy') return null;
    return (
      <div class="panel">
        <h2>Recommended change</h2>
        <p class="statement">None that was proven</p>
        <p>{note ?? 'No remedy passed its proof.'}</p>
      </div>
    );
  }
  const seeds = recommendation.seeds.length;
  return (
    <div class="panel good">
      <h2>Recommended change</h2>
      <p class="statement">{together(recommendation.remedies.map((remedy) => titleOf(report, remedy)))}</p>
      <dl class="outcomes">
        {outcomesOf(recommendation.effects).map((outcome) => (
          <OutcomeRow key={outcome.metric} outcome={outcome} />
        ))}
      </dl>
      <p class="muted">
        Then {recommendation.verdict}, re-trained on {plural(seeds, 'new seed')} that had no part in choosing
        it.
        {note === null ? '' : ` ${note}`}
      </p>
    </div>
  );
}

/** A training may stop early. */
function stepsOf({ baseline, experiment }: Report): string {
  const done = baseline.runs[0]?.steps_completed ?? 0;
  const { steps } = experiment.training;
  return steps === undefined || steps === null || done >= steps
    ? plural(done, 'step')
    : `stopped at step ${done} of ${steps}`;
}

/** When it was asked for, and what its owner wrote on it. */
export function Origin({ job }: { job: Job }) {
  return (
    <p class="muted facts origin">
      <time dateTime={job.created_at}>
        {job.created_at.slice(0, 16).replace('T', ' ')} UTC{'\u00a0'}·
      </time>{' '}
      {job.id}
      {Object.entries(job.metadata).map(([key, value]) => (
        <span key={key} class="tag">
          <bdi>{clip(`${key}=${value}`, 80)}</bdi>
        </span>
      ))}
    </p>
  );
}

export function Hero({ job, report, actions }: { job: Job; report: Report; actions: ComponentChildren }) {
  const { recommendation } = report;
  const runs = report.baseline.runs.length;
  return (
    <header class="hero card">
      <div class="hero-title">
        <VerdictBadge verdict={report.verdict} />
        <h1>
          <bdi>{clip(job.name ?? 'Experiment without a name', 200)}</bdi>
        </h1>
        <p class="muted facts">
          {report.preflight.parameters.toLocaleString('en')} parameters ·{' '}
          {plural(report.baseline.layers.length, 'layer')} · {stepsOf(report)} · {plural(runs, 'seed')}
        </p>
        <Origin job={job} />
      </div>
      <div class="panels">
        <Cause report={report} />
        <Change report={report} />
      </div>
      <div class="actions">
        {recommendation !== null && (
          <>
            <CopyButton text={recommendation.snippets.pytorch}>Copy as PyTorch</CopyButton>
            <CopyButton text={recommendation.snippets.keras}>Copy as Keras</CopyButton>
            <CopyButton text={prettyJson(recommendation.experiment)}>Copy as JSON</CopyButton>
          </>
        )}
        {actions}
      </div>
    </header>
  );
}
