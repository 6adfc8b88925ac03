/** @file Numbers of each layer on a logarithmic axis, from the first to the last. */
import { clip, number } from '../lib/format.ts';
import { useWidth } from '../ui/width.ts';
import { type Axis, axisOf } from './axis.ts';

export interface DepthSeries {
  readonly label: string;
  readonly colour: string;
  /** One for each layer. */
  readonly values: readonly (number | null)[];
  /** Half the height of a ribbon, in decades. */
  readonly spread?: readonly number[];
  readonly points?: boolean;
  /** By layer: points to be looked at. */
  readonly marked?: readonly boolean[];
}

const PLOT = { height: 210, left: 44, right: 10, top: 10, bottom: 24 };
/** Until it is known how wide the page is; text keeps its size on any. */
const USUAL_PX = 640;

interface Axes {
  readonly width: number;
  x(layer: number): number;
  y(place: number): number;
  readonly axis: Axis;
  readonly ticks: readonly number[];
}

function axesOf(layers: number, series: readonly DepthSeries[], width: number): Axes | null {
  const all = series.flatMap(({ values }) => values);
  const axis = axisOf(all, true);
  const places = all.map(axis.place).filter((place) => place !== null);
  if (places.length === 0) return null;
  const [low, high] = [Math.min(...places) - 0.4, Math.max(...places) + 0.4];
  return {
    width,
    x: (i) => PLOT.left + ((i + 0.5) / layers) * (width - PLOT.left - PLOT.right),
    y: (place) => PLOT.top + ((high - place) / (high - low)) * (PLOT.height - PLOT.top - PLOT.bottom),
    axis,
    ticks: axis.ticks(low, high),
  };
}

const at = (x: number, y: number): string => `${x.toFixed(1)} ${y.toFixed(1)}`;

function Path({ series, axes }: { series: DepthSeries; axes: Axes }) {
  const known = series.values.flatMap((value, i) => {
    const place = axes.axis.place(value);
    return place === null ? [] : [{ i, place, spread: value === 0 ? 0 : (series.spread?.[i] ?? 0) }];
  });
  const line = known.map(({ i, place }, n) => `${n === 0 ? 'M' : 'L'}${at(axes.x(i), axes.y(place))}`);
  const upper = known.map(({ i, place, spread }) => at(axes.x(i), axes.y(place + spread)));
  const lower = known.map(({ i, place, spread }) => at(axes.x(i), axes.y(place - spread)));
  return (
    <>
      {series.spread !== undefined && (
        <polygon
          class="depth-ribbon"
          points={[...upper, ...lower.reverse()].join(' ')}
          style={{ fill: `var(--${series.colour})` }}
        />
      )}
      <path class="depth-line" d={line.join(' ')} style={{ stroke: `var(--${series.colour})` }} />
    </>
  );
}

function Points({ series, axes, layers }: { series: DepthSeries; axes: Axes; layers: readonly string[] }) {
  return (
    <>
      {series.values.map((value, i) => {
        const place = axes.axis.place(value);
        if (place === null) return null;
        const layer = layers[i] ?? '';
        return (
          <circle
            key={layer}
            class={series.marked?.[i] ? 'depth-point marked' : 'depth-point'}
            cx={axes.x(i)}
            cy={axes.y(place)}
            r={layers.length > 60 ? 2 : 4}
            style={{ fill: `var(--${series.colour})` }}
          >
            <title>{`${clip(layer, 60)}: ${number(value)}`}</title>
          </circle>
        );
      })}
    </>
  );
}

export function DepthPlot({
  layers,
  series,
  label,
}: {
  layers: readonly string[];
  series: readonly DepthSeries[];
  label: string;
}) {
  const [holder, width] = useWidth<HTMLElement>(USUAL_PX);
  const shown = series.filter(({ values }) => values.some((value) => value !== null));
  const axes = axesOf(layers.length, shown, width);
  if (axes === null) return null;
  const texts = axes.axis.texts(axes.ticks);
  return (
    <figure class="depth" ref={holder}>
      <svg viewBox={`0 0 ${width} ${PLOT.height}`} role="img" aria-label={label}>
        {axes.ticks.map((tick, i) => (
          <g key={tick}>
            <line
              class="grid-line"
              x1={PLOT.left}
              x2={width - PLOT.right}
              y1={axes.y(tick)}
              y2={axes.y(tick)}
            />
            <text class="tick" x={PLOT.left - 6} y={axes.y(tick) + 4} text-anchor="end">
              {texts[i]}
            </text>
          </g>
        ))}
        {shown.map((one) =>
          one.points ? (
            <Points key={one.label} {...{ axes, layers }} series={one} />
          ) : (
            <Path key={one.label} axes={axes} series={one} />
          ),
        )}
        <text class="tick" x={PLOT.left} y={PLOT.height - 6}>
          first layer
        </text>
        <text class="tick" x={width - PLOT.right} y={PLOT.height - 6} text-anchor="end">
          last layer
        </text>
      </svg>
      <figcaption class="legend">
        {shown.map(({ label: name, colour, points }) => (
          <span key={name} class="key">
            <i class={points ? 'point' : ''} style={{ color: `var(--${colour})` }} /> {name}
          </span>
        ))}
      </figcaption>
    </figure>
  );
}
