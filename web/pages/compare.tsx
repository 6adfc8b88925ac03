/** @file Two or more jobs over each other: the same plots, and only what differs in their settings. */
import { useEffect, useMemo, useState } from 'preact/hooks';
import type { Grid, Job, Report, Run } from '../../client/index.ts';
import { answer, api } from '../api/client.ts';
import { readGrid } from '../api/series.ts';
import { type Curve, Lines } from '../charts/lines.tsx';
import { armWords, clip, plural, words } from '../lib/format.ts';
import { address, go } from '../lib/router.ts';
import { bandOf } from '../report/band.ts';
import { Heats, type Side } from '../report/layers_over_time.tsx';
import { useLossAxis } from '../ui/loss_axis.tsx';
import { Choose, Section } from '../ui/parts.tsx';
import { Results, Settings } from './compare_tables.tsx';

interface Item {
  readonly job: Job;
  readonly report: Report | null;
  readonly runs: readonly Run[];
}

/** Runs of one job that differ in their seeds alone: what is laid over others. */
interface Group {
  readonly key: string;
  readonly label: string;
  readonly arm: string;
  readonly job: string;
  readonly runs: readonly string[];
}

const COLOURS = ['series-1', 'series-2', 'series-3', 'series-4', 'series-5'];
/** As many as there are colours that can be told apart. */
const MOST = COLOURS.length;

async function readItem(id: string): Promise<Item> {
  const params = { params: { path: { id } } };
  const job = await answer(api.GET('/v1/jobs/{id}', params));
  const { data: runs } = await answer(api.GET('/v1/jobs/{id}/runs', params));
  const read = job.status === 'succeeded' ? await answer(api.GET('/v1/jobs/{id}/result', params)) : null;
  return { job, report: read === null || 'kind' in read ? null : (read as Report), runs };
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

/** Each arm of each job. */
const groupsOf = (items: readonly Item[]): Group[] =>
  items.flatMap((item) =>
    [...new Set(item.runs.map(({ arm }) => arm))].map((arm) => ({
      key: `${item.job.id} ${arm}`,
      label: items.length === 1 ? armWords(arm) : `${nameOf(item)}: ${armWords(arm)}`,
      arm: armWords(arm),
      job: item.job.id,
      runs: item.runs.filter((run) => run.arm === arm).map(({ run }) => run),
    })),
  );

/** Of several jobs the baselines, of one job its first arms. */
const firstChoice = (items: readonly Item[], groups: readonly Group[]): readonly string[] =>
  groups
    .filter(({ key }) => items.length === 1 || key.endsWith(' baseline'))
    .slice(0, items.length === 1 ? 3 : MOST)
    .map(({ key }) => key);

const METRICS = [
  { value: 'loss', label: 'Training loss' },
  { value: 'validation_loss', label: 'Validation loss' },
  { value: 'accuracy', label: 'Accuracy' },
  { value: 'gradient_global_norm', label: 'Gradient norm' },
] as const;

async function readCurves({ job, runs }: Group): Promise<Grid[]> {
  const metrics = METRICS.map(({ value }) => value);
  const read = runs.map((run) => readGrid(job, { run, tensor: null, metrics }));
  return (await Promise.all(read)).filter((grid) => grid !== null);
}

/** By the key of their group; a group that was read once is not read again. */
function useCurves(groups: readonly Group[]): ReadonlyMap<string, readonly Grid[]> {
  const [known, setKnown] = useState<ReadonlyMap<string, readonly Grid[]>>(new Map());
  useEffect(() => {
    for (const group of groups)
      if (!known.has(group.key))
        void readCurves(group).then((grids) =>
          setKnown((before) => new Map([...before, [group.key, grids]])),
        );
  }, [groups]);
  return known;
}

/** The arms of each job, as many at once as there are colours. */
function Picker({
  items,
  groups,
  chosen,
  onChange,
}: {
  items: readonly Item[];
  groups: readonly Group[];
  chosen: readonly string[];
  onChange(chosen: readonly string[]): void;
}) {
  const toggle = (key: string) =>
    onChange(chosen.includes(key) ? chosen.filter((one) => one !== key) : [...chosen, key].slice(-MOST));
  return (
    <>
      {items.map((item) => (
        <fieldset class="suggestions" key={item.job.id}>
          <legend>
            <bdi>{nameOf(item)}</bdi>
          </legend>
          {groups
            .filter(({ job }) => job === item.job.id)
            .map(({ key, arm, runs }) => (
              <button key={key} type="button" aria-pressed={chosen.includes(key)} onClick={() => toggle(key)}>
                <bdi>{clip(arm, 60)}</bdi> <span class="muted">{plural(runs.length, 'seed')}</span>
              </button>
            ))}
        </fieldset>
      ))}
    </>
  );
}

function Over({ items, groups }: { items: readonly Item[]; groups: readonly Group[] }) {
  const [chosen, setChosen] = useState(() => firstChoice(items, groups));
  const [metric, setMetric] = useState<(typeof METRICS)[number]['value']>('loss');
  const shown = useMemo(() => groups.filter(({ key }) => chosen.includes(key)), [groups, chosen]);
  const grids = useCurves(shown);
  const curves = shown.flatMap(({ key, label }, i): Curve[] => {
    const curve = bandOf(grids.get(key) ?? [], metric, label, COLOURS[i % MOST] as string);
    return curve === null ? [] : [curve];
  });
  const { log, choice } = useLossAxis(curves);
  const sides = useMemo(
    (): Side[] =>
      shown.flatMap(({ key, label, job, runs: [run] }) =>
        run === undefined
          ? []
          : [
              {
                key,
                title: label,
                run,
                grid: (query) => readGrid(job, query),
              },
            ],
      ),
    [shown],
  );
  return (
    <>
      <Section
        id="losses"
        title="Over each other"
        lead={`Mean over seeds, with the band from the lowest to the highest. Choose up to ${MOST}.`}
      >
        <Picker items={items} groups={groups} chosen={chosen} onChange={setChosen} />
        <div class="chart-head">
          <Choose label="What is shown" choices={METRICS} value={metric} onChange={setMetric} />
          {choice}
        </div>
        {curves.length === 0 ? (
          <p class="empty">Nothing of this was measured in what is chosen.</p>
        ) : (
          <Lines
            curves={curves}
            log={log}
            label={`${words(metric)} over steps`}
            height={300}
            share={metric === 'accuracy'}
          />
        )}
      </Section>
      <Section id="layers" title="Layers over time, first seed of each">
        <Heats sides={sides} chosen={null} onSelect={({ key }) => go(`/jobs/${key.split(' ')[0]}`)} />
        <p class="muted hint">First layer on top. All on one scale. Click one to open its job.</p>
      </Section>
    </>
  );
}

export function ComparePage() {
  const ids = (address.value.searchParams.get('jobs') ?? '').split(',').filter(Boolean).slice(0, MOST);
  const { items, error } = useItems(ids);
  const groups = useMemo(() => groupsOf(items ?? []), [items]);
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
        <h1>{items.length === 1 ? `Arms of ${nameOf(items[0] as Item)}` : 'Compare'}</h1>
      </div>
      <Over items={items} groups={groups} />
      {items.length > 1 && (
        <Section id="settings" title="What differs">
          <Settings
            jobs={items.map((item) => ({
              id: item.job.id,
              name: nameOf(item),
              experiment: item.report?.experiment ?? {},
            }))}
          />
        </Section>
      )}
      <Section id="runs" title="Runs">
        <Results runs={items.flatMap((item) => item.runs.map((run) => ({ ...run, of: nameOf(item) })))} />
      </Section>
    </>
  );
}
