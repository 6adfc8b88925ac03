/** @file One layer: its gradient and outputs as ribbons of quantiles over time, its units as a map of those that are stuck. */
import { useEffect, useMemo, useRef, useState } from 'preact/hooks';
import type { Grid, LayerRow, Report } from '../../client/index.ts';
import { type Curve, type Level, Lines } from '../charts/lines.tsx';
import { clip, percent, plural } from '../lib/format.ts';
import { type JobData, valuesIn } from './data.ts';

const QUANTILES = ['abs_p05', 'abs_p25', 'abs_p50', 'abs_p75', 'abs_p95'];

function useLayer(data: JobData, run: string, layer: string) {
  const [grids, setGrids] = useState<{
    gradient: Grid | null;
    output: Grid | null;
    update: Grid | null;
  } | null>(null);
  useEffect(() => {
    let current = true;
    const of = (tensor: string, metrics: readonly string[]) => data.grid({ run, layer, tensor, metrics });
    void Promise.all([
      of('kernel.gradient', ['rms', ...QUANTILES]),
      of('output', ['rms', 'dead_unit_fraction', 'saturated_fraction', ...QUANTILES]),
      of('kernel.update', ['ratio_to_weight']),
    ]).then(([gradient, output, update]) => {
      if (current) setGrids({ gradient, output, update });
    });
    return () => {
      current = false;
    };
  }, [data, run, layer]);
  return grids;
}

function valuesOf(grid: Grid | null, metric: string): readonly (number | null)[] | null {
  const row = grid?.rows.find((one) => one.metric === metric);
  return row === undefined ? null : valuesIn(row);
}

/** 5 % to 95 % and 25 % to 75 % of |x| around the median. */
function ribbons(grid: Grid | null, colour: string): Curve[] {
  const [p05, p25, p50, p75, p95] = QUANTILES.map((metric) => valuesOf(grid, metric));
  if (grid === null || !p05 || !p25 || !p50 || !p75 || !p95) return [];
  const x = grid.steps;
  return [
    { label: '5–95 % of |x|', colour, x, y: p50, low: p05, high: p95, thin: true },
    { label: '25–75 %', colour, x, y: p50, low: p25, high: p75 },
  ];
}

const MAX_SQUARES = 2048;

interface UnitMapProps {
  readonly units: number;
  /** By index. */
  readonly stuck: readonly number[];
  readonly step: number;
  readonly what: string;
}

/** Each unit as a square in its place, those that are stuck filled. */
function UnitMap({ units, stuck, step, what }: UnitMapProps) {
  const shown = Math.min(units, MAX_SQUARES);
  const filled = new Set(stuck);
  const text = `${stuck.length} of ${plural(units, 'unit')} ${what}`;
  return (
    <figure class="units">
      <div class="unit-squares" role="img" aria-label={text}>
        {Array.from({ length: shown }, (_, i) => (
          <i
            key={i}
            class={filled.has(i) ? 'stuck' : ''}
            title={`unit ${i}${filled.has(i) ? `: ${what}` : ''}`}
          />
        ))}
      </div>
      <figcaption>
        {text} on all training samples after step {step}
        {stuck.length > 0 && stuck.length < units ? `: ${listOf(stuck)}` : ''}
        {units > shown ? `. The first ${shown} are drawn` : ''}
      </figcaption>
    </figure>
  );
}

const MAX_LISTED = 24;

const listOf = (stuck: readonly number[]): string =>
  stuck.length > MAX_LISTED
    ? `${stuck.slice(0, MAX_LISTED).join(', ')} and ${stuck.length - MAX_LISTED} more`
    : stuck.join(', ');

/** Where a trace does not say which: a number, at the last step that was probed. */
function StuckFraction({ fraction, what }: { fraction: number; what: string }) {
  return (
    <p class="muted">
      {percent(fraction)} {what} at the last probed step
    </p>
  );
}

function Stuck({ output }: { output: Grid | null }) {
  const known = output?.stuck_units?.[0];
  if (known === undefined) {
    const [dead, saturated] = [lastOf(output, 'dead_unit_fraction'), lastOf(output, 'saturated_fraction')];
    return (
      <>
        {dead !== null && <StuckFraction fraction={dead} what="of its units are dead" />}
        {saturated !== null && <StuckFraction fraction={saturated} what="of its outputs are saturated" />}
      </>
    );
  }
  const { units, step, dead, saturated } = known;
  return (
    <>
      {dead !== null && <UnitMap {...{ units, step }} stuck={dead} what="dead" />}
      {saturated !== null && <UnitMap {...{ units, step }} stuck={saturated} what="saturated" />}
    </>
  );
}

const lastOf = (grid: Grid | null, metric: string): number | null =>
  valuesOf(grid, metric)?.findLast((value) => value !== null) ?? null;

interface Props {
  readonly data: JobData;
  readonly report: Report;
  readonly layer: string;
  readonly run: string;
  onClose(): void;
}

const NO_LEVELS: readonly Level[] = [];

interface PlotProps {
  readonly title: string;
  readonly curves: readonly Curve[];
  readonly label: string;
  readonly levels?: readonly Level[];
}

/** Nothing where nothing was measured. */
function Plot({ title, curves, label, levels = NO_LEVELS }: PlotProps) {
  if (curves.length === 0) return null;
  return (
    <div>
      <h4>{title}</h4>
      <Lines curves={curves} levels={levels} log height={170} label={label} />
    </div>
  );
}

const USUAL_RATIO: readonly Level[] = [{ label: 'about right', colour: 'muted', value: 1e-3 }];

export function LayerDetail({ data, report, layer, run, onClose }: Props) {
  const grids = useLayer(data, run, layer);
  const title = useRef<HTMLHeadingElement>(null);
  useEffect(() => title.current?.focus({ preventScroll: true }), []);
  const row: LayerRow | undefined = report.baseline.layers.find((one) => one.layer === layer);
  const gradient = useMemo(() => ribbons(grids?.gradient ?? null, 'series-1'), [grids]);
  const output = useMemo(() => ribbons(grids?.output ?? null, 'series-4'), [grids]);
  const ratio = useMemo((): Curve[] => {
    const y = valuesOf(grids?.update ?? null, 'ratio_to_weight');
    return y === null
      ? []
      : [{ label: 'update / weight', colour: 'series-2', x: grids?.update?.steps ?? [], y }];
  }, [grids]);
  return (
    <section class="layer-detail" aria-label={`Layer ${clip(layer, 60)}`}>
      <div class="chart-head">
        <h3 ref={title} tabIndex={-1}>
          <bdi>{clip(layer, 60)}</bdi>
          {row !== undefined && (
            <span class="muted">
              {' '}
              {row.type}
              {row.activation === null ? '' : `, ${row.activation}`} · output{' '}
              {JSON.stringify(row.output_shape)} · {row.parameters.toLocaleString('en')} parameters
            </span>
          )}
        </h3>
        <button type="button" class="button small" onClick={onClose}>
          Close
        </button>
      </div>
      {grids === null ? (
        <div class="waiting" />
      ) : (
        <div class="charts three">
          <Plot
            title="Gradient of its weights, |g|"
            curves={gradient}
            label={`Quantiles of the gradient of ${clip(layer, 60)} over steps`}
          />
          <Plot
            title="Outputs, |y|"
            curves={output}
            label={`Quantiles of the outputs of ${clip(layer, 60)} over steps`}
          />
          <Plot title="Update over weight" curves={ratio} label="Update over weight" levels={USUAL_RATIO} />
        </div>
      )}
      <Stuck output={grids?.output ?? null} />
    </section>
  );
}
