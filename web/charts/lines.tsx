/** @file Lines and bands over steps, by uPlot. */
import { useEffect, useMemo, useRef, useState } from 'preact/hooks';
import uPlot from 'uplot';
import { number } from '../lib/format.ts';
import { dark, token } from '../lib/theme.ts';
import { type Axis, shareSpan, spanOf } from './axis.ts';
import { type Column, type Curve, type Level, type Table, tableOf } from './table.ts';

export type { Curve, Level } from './table.ts';

export interface LinesProps {
  readonly curves: readonly Curve[];
  readonly levels?: readonly Level[];
  readonly log?: boolean;
  readonly height?: number;
  readonly label: string;
  readonly xLabel?: string;
  /** A logarithmic horizontal axis. */
  readonly logX?: boolean;
  /** Parts of a whole, such as accuracy. */
  readonly share?: boolean;
}

interface Drawing {
  readonly table: Table;
  readonly data: uPlot.AlignedData;
  readonly series: uPlot.Series[];
  readonly bands: uPlot.Band[];
  /** Of each curve. */
  readonly strokes: readonly string[];
}

/** The table as uPlot wants it. */
function drawingOf(table: Table, curves: readonly Curve[], levels: readonly Level[]): Drawing {
  const data: Column[] = [];
  const series: uPlot.Series[] = [{}];
  const bands: uPlot.Band[] = [];
  const add = (column: Column, options: uPlot.Series) => {
    data.push(column);
    series.push({
      spanGaps: true,
      // On whole pixels a smooth curve has steps.
      pxAlign: 0,
      points: { show: column.filter((value) => value !== null).length < 3 },
      ...options,
    });
    return data.length;
  };
  const strokes = curves.map(({ colour }) => token(colour));
  table.curves.forEach(({ y, low, high }, i) => {
    const { dashed, thin } = curves[i] as Curve;
    const stroke = strokes[i] as string;
    if (low !== null && high !== null) {
      const edge = { width: 0, points: { show: false } };
      const [top, bottom] = [add(high, edge), add(low, edge)];
      bands.push({ series: [top, bottom], fill: `color-mix(in srgb, ${stroke} 20%, transparent)` });
    }
    add(y, { stroke, width: thin ? 1 : 2, ...(dashed && { dash: [6, 4] }) });
  });
  table.levels.forEach((column, i) => {
    const stroke = token((levels[i] as Level).colour);
    add(column, { stroke, width: 1.5, dash: [3, 4], points: { show: false } });
  });
  return { table, data: [[...table.x], ...data], series, bands, strokes };
}

/** Of the page's text, which is larger on a large screen. */
const textSize = (): number => Number.parseFloat(getComputedStyle(document.documentElement).fontSize) / 15;

const axisOptions = (axis: () => Axis, log: boolean): Pick<uPlot.Axis, 'splits' | 'values'> => ({
  ...(log && { splits: (_plot, _axis, low, high) => axis().ticks(low, high) }),
  values: (_plot, ticks) => axis().texts(ticks),
});

/** Room above and below. */
const logRange: uPlot.Range.Function = (_plot, low, high) => {
  const room = Math.max(0.1, ((high ?? 0) - (low ?? 0)) * 0.05);
  return [(low ?? 0) - room, (high ?? 0) + room];
};

const ROOM = 0.1;

const linearRange: uPlot.Range.Function = (_plot, low, high) => {
  const [from, to] = spanOf(low ?? 0, high ?? 1);
  return uPlot.rangeNum(from, to, ROOM, true);
};

/** A line at nothing, or at all, does not lie on the frame. */
const SHARE_ROOM = 0.02;

const shareRange: uPlot.Range.Function = (_plot, low, high) => {
  const [from, to] = shareSpan(low ?? 0, high ?? 1);
  const room = SHARE_ROOM * (to - from);
  return [from - room, to + room];
};

/** A single step stands in the middle; uPlot would put it at the left of a hundred. */
const xRange: uPlot.Range.Function = ({ data: [x] }, low, high) => {
  const only = x.length === 1 ? (x[0] as number) : null;
  return only === null ? [low, high] : spanOf(only - 0.5, only + 0.5);
};

const MARK_PX = 6;

/** A triangle on the upper edge wherever a curve stops being finite. */
function drawMarks(plot: uPlot, { table, strokes }: Drawing): void {
  const { ctx, bbox } = plot;
  const size = MARK_PX * devicePixelRatio;
  for (const { curve, x } of table.marks) {
    const at = plot.valToPos(x, 'x', true);
    if (at < bbox.left || at > bbox.left + bbox.width) continue;
    ctx.fillStyle = strokes[curve] as string;
    ctx.beginPath();
    ctx.moveTo(at - size, bbox.top + 2 * size);
    ctx.lineTo(at + size, bbox.top + 2 * size);
    ctx.lineTo(at, bbox.top);
    ctx.fill();
  }
}

function optionsOf(
  /** The newest: numbers change while the plot stays. */
  drawing: () => Drawing,
  { log, logX, share }: { log: boolean; logX: boolean; share: boolean },
  { width, height, xLabel }: { width: number; height: number; xLabel: string },
  onCursor: (index: number | null) => void,
): uPlot.Options {
  const { series, bands } = drawing();
  const scale = textSize();
  const font = `${Math.round(11 * scale)}px system-ui, sans-serif`;
  const axis = {
    stroke: token('muted'),
    grid: { stroke: token('grid'), width: 1 },
    ticks: { stroke: token('grid'), width: 1, size: 4 },
    font,
  };
  return {
    width,
    height,
    series,
    bands,
    legend: { show: false },
    cursor: { y: false, points: { size: 6 }, drag: { x: true, y: false } },
    scales: {
      x: { time: false, range: xRange },
      y: { range: log ? logRange : share ? shareRange : linearRange },
    },
    axes: [
      {
        ...axis,
        size: 26 * scale,
        label: xLabel,
        labelSize: 18 * scale,
        labelGap: 0,
        labelFont: font,
        ...axisOptions(() => drawing().table.xAxis, logX),
      },
      {
        ...axis,
        size: 54 * scale,
        ...axisOptions(() => drawing().table.yAxis, log),
      },
    ],
    hooks: {
      setCursor: [(plot) => onCursor(plot.cursor.idx ?? null)],
      draw: [(plot) => drawMarks(plot, drawing())],
    },
  };
}

/** What was measured, of what is drawn. */
const stepAt = (place: number | undefined, logX: boolean): number | null =>
  place === undefined ? null : logX ? 10 ** place : place;

const NO_LEVELS: readonly Level[] = [];

export function Lines({
  curves,
  levels = NO_LEVELS,
  log = false,
  height = 240,
  label,
  xLabel = 'step',
  logX = false,
  share = false,
}: LinesProps) {
  const holder = useRef<HTMLDivElement>(null);
  const plot = useRef<uPlot | null>(null);
  const [index, setIndex] = useState<number | null>(null);
  const theme = dark.value;
  const table = useMemo(() => tableOf(curves, levels, { log, logX }), [curves, levels, log, logX]);
  const drawing = useMemo(() => drawingOf(table, curves, levels), [table, theme]);
  const newest = useRef(drawing);
  newest.current = drawing;
  /** What has to be the same for new numbers to go into the plot that there is. */
  const shape = `${theme} ${log} ${height} ${xLabel} ${drawing.series.length} ${curves.map(({ colour }) => colour).join()}`;
  useEffect(() => {
    const element = holder.current;
    if (element === null) return;
    const width = () => element.clientWidth || 300;
    const sizes = { width: width(), height, xLabel };
    const made = new uPlot(
      optionsOf(() => newest.current, { log, logX, share }, sizes, setIndex),
      newest.current.data,
      element,
    );
    plot.current = made;
    const observer = new ResizeObserver(() => made.setSize({ width: width(), height }));
    observer.observe(element);
    return () => {
      observer.disconnect();
      made.destroy();
      plot.current = null;
    };
  }, [shape]);
  useEffect(() => {
    if (plot.current !== null && plot.current.data !== drawing.data) plot.current.setData(drawing.data);
  }, [drawing]);
  const at = index === null ? null : stepAt(table.x[index], logX);
  const broken = new Set(table.marks.map(({ curve }) => curve));
  return (
    <figure class="lines">
      <div ref={holder} role="img" aria-label={label} />
      <figcaption class="legend">
        {curves.map(
          ({ label: name, colour, dashed, unnamed }, i) =>
            unnamed !== true && (
              <span key={name} class="key">
                <i class={dashed ? 'dash' : ''} style={{ color: `var(--${colour})` }} />
                <bdi>{name}</bdi>
                {broken.has(i) && <span title="Not finite from the triangle on">▲ not finite</span>}
                {index !== null && <b>{number(table.measured[i]?.[index])}</b>}
              </span>
            ),
        )}
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
