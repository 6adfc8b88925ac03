/** @file What was tried: a forest plot of the arms, doses as curves, alternatives as loss against effort, and what was left out. */
import type { Report } from '../../client/index.ts';
import { Lines } from '../charts/lines.tsx';
import { clip, number, plural, words } from '../lib/format.ts';
import { Section } from '../ui/parts.tsx';
import { Alternatives } from './alternatives.tsx';
import { Forest, type ForestRow } from './forest.tsx';
import { type Effects, GOALS, goalOf } from './goal.ts';
import { titleOf } from './story.ts';

function rowsOf({ remedies, combinations, controls }: Report, goal: string): ForestRow[] {
  const effectOf = ({ effects }: { effects: Effects }) =>
    effects.find(({ metric }) => metric === goal) ?? null;
  return [
    ...remedies
      .filter(({ verification }) => verification.status !== 'not_run')
      .map(({ title, remedy, dose, verification, effort }) => ({
        name: title || words(remedy),
        note: `${effort}${dose === null ? '' : `, ${dose.name.replaceAll('_', ' ')} ${number(dose.value)}`}`,
        status: verification.status,
        isControl: false,
        effect: effectOf(verification),
      })),
    ...combinations.map(({ remedies: names, verification }) => ({
      name: names.map(words).join(' + '),
      note: 'together',
      status: verification.status,
      isControl: false,
      effect: effectOf(verification),
    })),
    ...controls.map(({ title, verification }) => ({
      name: title,
      note: '',
      status: verification.status,
      isControl: true,
      effect: effectOf(verification),
    })),
  ];
}

function Doses({ report }: { report: Report }) {
  const dosed = report.remedies
    .flatMap(({ title, dose }) => (dose === null || dose.curve.length === 0 ? [] : [{ title, dose }]))
    .slice(0, 6);
  if (dosed.length === 0) return null;
  return (
    <details>
      <summary>Doses: the goal after screening, for each amount</summary>
      <div class="charts three">
        {dosed.map(({ title, dose }) => (
          <div key={title}>
            <h4>{title}</h4>
            <Lines
              curves={[
                {
                  label: 'goal',
                  colour: 'series-1',
                  x: dose.curve.map((point) => point.dose),
                  y: dose.curve.map(({ value }) => value ?? Number.NaN),
                },
              ]}
              height={150}
              label={`${title}: goal over ${dose.name}`}
              xLabel={`${dose.name.replaceAll('_', ' ')}${dose.unit === '' ? '' : ` (${dose.unit})`}`}
            />
          </div>
        ))}
      </div>
    </details>
  );
}

function LeftOut({ report }: { report: Report }) {
  const screened = report.remedies.filter(({ verification }) => verification.status === 'not_run');
  if (screened.length === 0 && report.not_applicable.length === 0 && report.failed_proofs.length === 0)
    return null;
  return (
    <details>
      <summary>
        {plural(screened.length, 'remedy', 'remedies')} screened out, {report.not_applicable.length} not
        applicable
        {report.failed_proofs.length > 0 ? `, ${plural(report.failed_proofs.length, 'failed proof')}` : ''}
      </summary>
      <ul class="notes">
        {report.failed_proofs.map(({ remedies, seeds, found }) => (
          <li key={remedies.join()}>
            <b>{remedies.map((remedy) => titleOf(report, remedy)).join(' + ')}</b>: healthy on the study’s
            seeds, but on fresh seeds {seeds.join(', ')} this was found:{' '}
            {found.map(words).join(', ').toLowerCase()}.
          </li>
        ))}
        {screened.map(({ remedy, title, screening, verification }) => (
          <li key={remedy}>
            <b>{title}</b>
            {screening === null
              ? ''
              : `: loss ${number(screening.value, screening.non_finite?.value)} after a third of the steps, baseline ${number(screening.baseline)}`}
            . <span class="muted">{clip(verification.reason, 240)}</span>
          </li>
        ))}
        {report.not_applicable.map(({ remedy, reason }) => (
          <li key={remedy}>
            <b>{words(remedy)}</b>: {reason}
          </li>
        ))}
      </ul>
    </details>
  );
}

export function Remedies({ report }: { report: Report }) {
  const goal = goalOf(report);
  const rows = rowsOf(report, goal);
  if (rows.length === 0 && report.remedies.length === 0) return null;
  return (
    <Section
      id="remedies"
      title="What was tried"
      lead="Every arm was re-trained for real, on the same seeds and data order."
    >
      {rows.length > 0 && <Forest rows={rows} metric={GOALS[goal] ?? goal} />}
      <Alternatives report={report} />
      <Doses report={report} />
      <LeftOut report={report} />
      <details>
        <summary>Criteria and budget</summary>
        <ul class="notes">
          {report.criteria.map((line) => (
            <li key={line}>{line}</li>
          ))}
          <li>
            Spent: {number(report.budget.spent)} of {number(report.budget.limit)} ({report.budget.unit})
            {report.budget.out_of_time ? '; out of time' : ''}.
          </li>
        </ul>
      </details>
    </Section>
  );
}
