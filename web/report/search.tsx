/** @file The result of a search: candidates by rank, as a gallery. */
import type { Job, SearchReport } from '../../client/index.ts';
import { Lines } from '../charts/lines.tsx';
import { clip, number, plural, words } from '../lib/format.ts';
import { CopyButton, prettyJson, Section } from '../ui/parts.tsx';
import { Code } from './change.tsx';
import { VerdictBadge } from './hero.tsx';

const COLOURS = ['series-1', 'series-2', 'series-3', 'series-4', 'series-5'];

type Ranked = SearchReport['ranking'][number];
type Design = NonNullable<SearchReport['design']>;

export const nameOf = ({ activation }: Ranked): string => {
  if (activation === null || activation === undefined) return 'as it is';
  if (typeof activation === 'string') return activation;
  const { type, expression } = activation as { type?: string; expression?: string };
  return expression ?? type ?? JSON.stringify(activation);
};

function Candidate({ row, best }: { row: Ranked; best: number }) {
  const { rank, mean, verdict, findings, initializer, normalization, gradient_ratio, seeds, non_finite } =
    row;
  const width = mean === null || best <= 0 ? 0 : Math.min(1, best / mean);
  return (
    <li class={rank === 1 ? 'candidate first' : 'candidate'}>
      <header>
        <b>{rank}</b>
        <h3>
          <bdi>{clip(nameOf(row), 60)}</bdi>
        </h3>
        {verdict !== null && <VerdictBadge verdict={verdict} />}
      </header>
      <p class="candidate-loss">
        {number(mean, non_finite?.mean)}{' '}
        <small>
          {row.metric.replaceAll('_', ' ')}, {plural(seeds.length, 'seed')}
        </small>
      </p>
      <i class="candidate-bar" style={{ width: `${100 * width}%` }} />
      <p class="muted">
        {[
          initializer,
          normalization === 'none' ? null : normalization,
          gradient_ratio === null ? null : `gradient first/last ${number(gradient_ratio)}`,
        ]
          .filter((part) => part !== null)
          .join(' · ')}
      </p>
      {findings.length > 0 && <p class="muted">{findings.map(words).join(', ')}</p>}
    </li>
  );
}

/** What was designed: whether it is worth anything, and the curves of the best. */
function DesignSection({ design }: { design: Design }) {
  const { functions, generations, screened, rank_correlation, comparisons, conclusion } = design;
  const curves = functions.map(({ formula, curve }, i) => ({
    label: clip(formula, 40),
    colour: COLOURS[i % COLOURS.length] as string,
    x: curve.inputs,
    y: curve.values,
  }));
  return (
    <Section
      id="design"
      title="Designed activations"
      lead={`${plural(screened.length, 'function')} of ${plural(generations.length, 'generation')} were trained. ${conclusion}`}
    >
      {curves.length > 0 && <Lines curves={curves} label="Value of each designed activation" xLabel="x" />}
      <ul>
        {comparisons.map(
          ({ data, control, seeds, mean_difference, confidence_interval: [low, high], metric }) => (
            <li key={data}>
              {data}: {metric.replaceAll('_', ' ')} minus that of {control}, mean of{' '}
              {plural(seeds.length, 'fresh seed')} <b>{number(mean_difference)}</b> (95 %:{' '}
              {number(low ?? null)} to {number(high ?? null)})
            </li>
          ),
        )}
      </ul>
      <p class="muted">
        {rank_correlation === null
          ? 'Too few functions were trained to say what theory’s order was worth.'
          : `Theory’s order and the trained losses: rank correlation ${number(rank_correlation)}.`}
      </p>
    </Section>
  );
}

export function SearchView({
  job,
  report,
  actions,
}: {
  job: Job;
  report: SearchReport;
  actions: preact.ComponentChildren;
}) {
  const best = report.ranking[0]?.mean ?? 0;
  return (
    <>
      <header class="hero card">
        <div class="hero-title">
          <span class="badge good">Search</span>
          <h1>
            <bdi>{clip(job.name ?? 'Search without a name', 200)}</bdi>
          </h1>
          <p class="muted">
            {plural(report.ranking.length, 'candidate')} ·{' '}
            {report.rounds
              .map(({ candidates, seeds }) => `${candidates} on ${plural(seeds, 'seed')}`)
              .join(' → ')}
          </p>
        </div>
        <div class="actions">
          {report.best !== null && (
            <CopyButton text={prettyJson(report.best.experiment)}>Copy the best as JSON</CopyButton>
          )}
          {actions}
        </div>
      </header>
      {report.design !== undefined && <DesignSection design={report.design} />}
      <Section
        id="ranking"
        title="Candidates, best first"
        lead="By loss on seeds that all of a round share. Each round halves the field."
      >
        <ol class="gallery">
          {report.ranking.map((row) => (
            <Candidate key={row.rank} row={row} best={best} />
          ))}
        </ol>
      </Section>
      {report.best !== null && (
        <Section id="best" title="The best, in PyTorch">
          <Code text={report.best.snippets.pytorch} />
        </Section>
      )}
    </>
  );
}
