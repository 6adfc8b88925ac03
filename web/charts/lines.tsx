/** @file Lines and bands over steps, by uPlot. */
import { useEffect, useMemo, useRef, useState } from 'preact/hooks';
import uPlot from 'uplot';
import { number } from '../lib/format.ts';
import { dark, token } from '../lib/theme.ts';
import { decadeTexts, decadeTicks } from './decades.ts';

/** A curve, perhaps with a band around it: y is the middle. */
export interface Curve {
  readonly label: string;
  /** A colour of the style sheet. */
  readonly colour: string;
  readonly x: readonly number[];
  readonly y: readonly (number | null)[];
  readonly low?: readonly (number | null)[];
  readonly high?: readonly (number | null)[];
  readonly dashed?: boolean;
  readonly thin?: boolean;
}

/** A value that holds at every step. */
export interface Level {
  readonly label: string;
  readonly colour: string;
  readonly value: number;
}

export interface LinesProps {
  readonly curves: readonly Curve[];
  readonly levels?: readonly Level[];
  readonly log?: boolean;
  readonly height?: number;
  readonly label: string;
  readonly xLabel?: string;
  /** A logarithmic horizontal axis. */
  readonly logX?: boolean;
}

type Column = (number | null)[];

interface Table {
  readonly data: uPlot.AlignedData;
  readonly series: uPlot.Series[];
  readonly bands: uPlot.Band[];
  /** For each curve, its column of middles. */
  readonly columns: readonly number[];
}

/** What is drawn: uPlot's own logarithmic axis does not end with values below 10⁻³², so it is given the logarithms. */
const placed = (value: number | null | undefined, log: boolean): number | null =>
  value === null || value === undefined || !Number.isFinite(value) || (log && value <= 0)
    ? null
    : log
      ? Math.log10(value)
      : value;

/** What was measured, of what is drawn. */
const measured = (value: number | null | undefined, log: boolean): number | null =>
  value === null || value === undefined ? null : log ? 10 ** value : value;

function align(
  x: readonly number[],
  known: readonly number[],
  values: readonly (number | null)[],
  log: boolean,
): Column {
  const byX = new Map(known.map((at, i) => [at, values[i] ?? null]));
  return x.map((at) => placed(byX.get(at), log));
}

/** All curves on the union of their steps, as uPlot wants them. */
function tabulate(
  curves: readonly Curve[],
  levels: readonly Level[],
  { log, logX }: { log: boolean; logX: boolean },
): Table {
  const x = [...new Set(curves.flatMap((curve) => curve.x))]
    .filter((at) => placed(at, logX) !== null)
    .sort((a, b) => a - b);
  const data: (number[] | Column)[] = [x.map((at) => placed(at, logX) as number)];
  const series: uPlot.Series[] = [{}];
  const bands: uPlot.Band[] = [];
  const columns: number[] = [];
  const add = (column: Column, options: uPlot.Series) => {
    data.push(column);
    series.push({
      spanGaps: true,
      points: { show: column.filter((value) => value !== null).length < 3 },
      ...options,
    });
    return data.length - 1;
  };
  for (const { x: known, y, low, high, colour, dashed, thin } of curves) {
    const stroke = token(colour);
    if (low !== undefined && high !== undefined) {
      const edge = { width: 0, points: { show: false } };
      const [top, bottom] = [add(align(x, known, high, log), edge), add(align(x, known, low, log), edge)];
      bands.push({ series: [top, bottom], fill: `color-mix(in srgb, ${stroke} 20%, transparent)` });
    }
    columns.push(
      add(align(x, known, y, log), { stroke, width: thin ? 1 : 2, ...(dashed && { dash: [6, 4] }) }),
    );
  }
  for (const { value, colour } of levels) {
    const y = placed(value, log);
    add(
      x.map(() => y),
      { stroke: token(colour), width: 1.5, dash: [3, 4], points: { show: false } },
    );
  }
  return { data: data as uPlot.AlignedData, series, bands, columns };
}

const FONT = '11px system-ui, sans-serif';

const LOG_AXIS: Pick<uPlot.Axis, 'splits' | 'values'> = {
  splits: (_plot, _axis, low, high) => decadeTicks(low, high),
  values: (_plot, ticks) => decadeTexts(ticks),
};

/** Room above and below. */
const logRange: uPlot.Range.Function = (_plot, low, high) => {
  const room = Math.max(0.1, ((high ?? 0) - (low ?? 0)) * 0.05);
  return [(low ?? 0) - room, (high ?? 0) + room];
};

function optionsOf(
  { series, bands }: Table,
  { log, logX }: { log: boolean; logX: boolean },
  width: number,
  { height, xLabel }: { height: number; xLabel: string },
  onCursor: (index: number | null) => void,
): uPlot.Options {
  const axis = {
    stroke: token('muted'),
    grid: { stroke: token('grid'), width: 1 },
    ticks: { stroke: token('grid'), width: 1, size: 4 },
    font: FONT,
  };
  return {
    width,
    height,
    series,
    bands,
    legend: { show: false },
    cursor: { y: false, points: { size: 6 }, drag: { x: true, y: false } },
    scales: { x: { time: false }, y: log ? { range: logRange } : {} },
    axes: [
      {
        ...axis,
        size: 26,
        label: xLabel,
        labelSize: 18,
        labelGap: 0,
        labelFont: FONT,
        ...(logX
          ? LOG_AXIS
          : { values: (_, ticks) => ticks.map((tick) => (Number.isInteger(tick) ? String(tick) : '')) }),
      },
      {
        ...axis,
        size: 54,
        ...(log ? LOG_AXIS : { values: (_, ticks) => ticks.map((tick) => number(tick)) }),
      },
    ],
    hooks: { setCursor: [(plot) => onCursor(plot.cursor.idx ?? null)] },
  };
}

const NO_LEVELS: readonly Level[] = [];

export function Lines({
  curves,
  levels = NO_LEVELS,
  log = false,
  height = 240,
  label,
  xLabel = 'step',
  logX = false,
}: LinesProps) {
  const holder = useRef<HTMLDivElement>(null);
  const plot = useRef<uPlot | null>(null);
  const [index, setIndex] = useState<number | null>(null);
  const theme = dark.value;
  const table = useMemo(() => tabulate(curves, levels, { log, logX }), [curves, levels, log, logX, theme]);
  /** What has to be the same for new numbers to go into the plot that there is. */
  const shape = `${theme} ${log} ${height} ${xLabel} ${table.series.length} ${curves.map(({ colour }) => colour).join()}`;
  useEffect(() => {
    const element = holder.current;
    if (element === null) return;
    const made = new uPlot(
      optionsOf(table, { log, logX }, element.clientWidth || 300, { height, xLabel }, setIndex),
      table.data,
      element,
    );
    plot.current = made;
    const observer = new ResizeObserver(() => made.setSize({ width: element.clientWidth || 300, height }));
    observer.observe(element);
    return () => {
      observer.disconnect();
      made.destroy();
      plot.current = null;
    };
  }, [shape]);
  useEffect(() => {
    if (plot.current !== null && plot.current.data !== table.data) plot.current.setData(table.data);
  }, [table]);
  const at = index === null ? null : measured(table.data[0][index], logX);
  return (
    <figure class="lines">
      <div ref={holder} role="img" aria-label={label} />
      <figcaption class="legend">
        {curves.map(({ label: name, colour, dashed }, i) => (
          <span key={name} class="key">
            <i class={dashed ? 'dash' : ''} style={{ color: `var(--${colour})` }} />
            <bdi>{name}</bdi>
            {index !== null && <b>{number(measured(table.data[table.columns[i] ?? 0]?.[index], log))}</b>}
          </span>
        ))}
        {levels.map(({ label: name, colour, value }) => (
          <span key={name} class="key">
            <i class="dash" style={{ color: `var(--${colour})` }} />
            {name} <b>{number(value)}</b>
          </span>
        ))}
        {at !== null && (
          <span class="key at">
            {xLabel} {Number.isInteger(at) ? at : number(at)}
          </span>
        )}
      </figcaption>
    </figure>
  );
}
