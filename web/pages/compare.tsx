/** @file Two or more jobs over each other: the same plots, and only what differs in their settings. */
import { useEffect, useMemo, useState } from 'preact/hooks';
import type { Grid, Job, Report, Run } from '../../client/index.ts';
import { answer, api } from '../api/client.ts';
import { type Curve, Lines } from '../charts/lines.tsx';
import { differences } from '../lib/differences.ts';
import { clip, number, words } from '../lib/format.ts';
import { address } from '../lib/router.ts';
import { bandOf } from '../report/curves.tsx';
import { Choose, Scroller, Section } from '../ui/parts.tsx';

interface Item {
  readonly job: Job;
  readonly report: Report | null;
  readonly runs: readonly Run[];
  /** By run. */
  readonly grids: ReadonlyMap<string, Grid>;
}

const COLOURS = ['series-1', 'series-2', 'series-3', 'series-4', 'series-5'];
const MOST_JOBS = 5;
const MOST_RUNS = 24;

async function readItem(id: string): Promise<Item> {
  const params = { params: { path: { id } } };
  const job = await answer(api.GET('/v1/jobs/{id}', params));
  const { data: runs } = await answer(api.GET('/v1/jobs/{id}/runs', params));
  const read = job.status === 'succeeded' ? await answer(api.GET('/v1/jobs/{id}/result', params)) : null;
  const report = read === null || 'kind' in read ? null : (read as Report);
  const shown = runs.slice(0, MOST_RUNS);
  const grids = await Promise.all(
    shown.map(({ run }) =>
      answer(
        api.GET('/v1/jobs/{id}/series', {
          params: { path: { id }, query: { run, metric: 'loss,validation_loss', max_points: 500 } },
        }),
      ),
    ),
  );
  return { job, report, runs, grids: new Map(grids.map((grid) => [grid.run, grid])) };
}

function useItems(ids: readonly string[]) {
  const [items, setItems] = useState<readonly Item[] | null>(null);
  const [error, setError] = useState<string | null>(null);
  const wanted = ids.join();
  useEffect(() => {
    let current = true;
    Promise.all(wanted.split(',').filter(Boolean).map(readItem)).then(
      (read) => current && setItems(read),
      (thrown: unknown) => current && setError(thrown instanceof Error ? thrown.message : String(thrown)),
    );
    return () => {
      current = false;
    };
  }, [wanted]);
  return { items, error };
}

const nameOf = ({ job }: Item): string => clip(job.name ?? job.id, 60);

const armsOf = ({ runs }: Item): string[] => [...new Set(runs.map(({ arm }) => arm))];

/** One curve for each job: its baseline. Of one job alone: one for each arm. */
function curvesOf(items: readonly Item[], metric: string): Curve[] {
  const groups =
    items.length === 1
      ? armsOf(items[0] as Item)
          .slice(0, COLOURS.length)
          .map((arm) => ({ label: words(arm), item: items[0] as Item, arm }))
      : items.map((item) => ({ label: nameOf(item), item, arm: 'baseline' }));
  return groups.flatMap(({ label, item, arm }, i) => {
    const grids = item.runs.filter((run) => run.arm === arm).flatMap(({ run }) => item.grids.get(run) ?? []);
    const curve = bandOf(grids, metric, label, COLOURS[i % COLOURS.length] as string);
    return curve === null ? [] : [curve];
  });
}

function Settings({ items }: { items: readonly Item[] }) {
  const reports = items.map(({ report }) => report?.experiment ?? {});
  const rows = differences(reports);
  if (rows.length === 0) return <p class="muted">Their settings are the same.</p>;
  return (
    <Scroller label="Settings that differ">
      <table class="plain">
        <thead>
          <tr>
            <th scope="col">Setting</th>
            {items.map((item) => (
              <th scope="col" key={item.job.id}>
                <bdi>{nameOf(item)}</bdi>
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {rows.map(({ path, values }) => (
            <tr key={path}>
              <th scope="row">
                <code>{clip(path, 80)}</code>
              </th>
              {values.map((value, i) => (
                <td key={items[i]?.job.id}>
                  <code>{clip(value, 80)}</code>
                </td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </Scroller>
  );
}

function Results({ runs }: { runs: readonly (Run & { readonly of: string })[] }) {
  return (
    <Scroller label="Runs">
      <table class="plain">
        <thead>
          <tr>
            {['Job', 'Run', 'First loss', 'Last loss', 'Validation', 'Steps'].map((name) => (
              <th scope="col" key={name}>
                {name}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {runs.map(
            ({
              of,
              run,
              initial_loss,
              final_loss,
              validation_loss,
              steps_completed,
              diverged_at_step,
              non_finite,
            }) => (
              <tr key={`${of} ${run}`}>
                <td>
                  <bdi>{of}</bdi>
                </td>
                <th scope="row">
                  <bdi>{clip(run, 50)}</bdi>
                </th>
                <td>{number(initial_loss, non_finite?.initial_loss)}</td>
                <td>{number(final_loss, non_finite?.final_loss)}</td>
                <td>{number(validation_loss, non_finite?.validation_loss)}</td>
                <td>
                  {steps_completed}
                  {diverged_at_step === null ? '' : `, diverged`}
                </td>
              </tr>
            ),
          )}
        </tbody>
      </table>
    </Scroller>
  );
}

const METRICS = [
  { value: 'loss', label: 'Training' },
  { value: 'validation_loss', label: 'Validation' },
] as const;

export function ComparePage() {
  const ids = (address.value.searchParams.get('jobs') ?? '').split(',').filter(Boolean).slice(0, MOST_JOBS);
  const { items, error } = useItems(ids);
  const [metric, setMetric] = useState<(typeof METRICS)[number]['value']>('loss');
  const [log, setLog] = useState<'linear' | 'log'>('log');
  const curves = useMemo(() => curvesOf(items ?? [], metric), [items, metric]);
  if (ids.length === 0)
    return (
      <>
        <div class="page-head">
          <h1>Compare</h1>
        </div>
        <p class="card empty">
          Choose jobs in <a href="/">the list</a>, then compare them here.
        </p>
      </>
    );
  if (error !== null) return <p class="card empty">{error}</p>;
  if (items === null) return <div class="card waiting tall" />;
  return (
    <>
      <div class="page-head">
        <h1>Compare</h1>
      </div>
      <Section
        id="losses"
        title={items.length === 1 ? `Arms of ${nameOf(items[0] as Item)}` : 'Loss, as they are'}
        lead="Mean over seeds, with the band from the lowest to the highest."
      >
        <div class="chart-head">
          <Choose label="Split" choices={METRICS} value={metric} onChange={setMetric} />
          <Choose
            label="Axis"
            choices={[
              { value: 'linear', label: 'linear' },
              { value: 'log', label: 'log' },
            ]}
            value={log}
            onChange={setLog}
          />
        </div>
        <Lines curves={curves} log={log === 'log'} label="Losses over steps" height={300} />
      </Section>
      {items.length > 1 && (
        <Section id="settings" title="What differs">
          <Settings items={items} />
        </Section>
      )}
      <Section id="runs" title="Runs">
        <Results runs={items.flatMap((item) => item.runs.map((run) => ({ ...run, of: nameOf(item) })))} />
      </Section>
    </>
  );
}
