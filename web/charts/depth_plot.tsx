/** @file Numbers of each layer on a logarithmic axis, from the first to the last. */
import { clip, powerOfTen } from '../lib/format.ts';

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

const PLOT = { width: 640, height: 210, left: 44, right: 10, top: 10, bottom: 24 };

const decades = (value: number | null | undefined): number | null =>
  value === null || value === undefined || value <= 0 ? null : Math.log10(value);

interface Axes {
  x(layer: number): number;
  y(decade: number): number;
  readonly ticks: readonly number[];
}

function axesOf(layers: number, all: readonly number[]): Axes {
  const [low, high] = [Math.floor(Math.min(...all) - 0.2), Math.ceil(Math.max(...all) + 0.2)];
  const every = Math.ceil((high - low) / 6);
  return {
    x: (i) => PLOT.left + ((i + 0.5) / layers) * (PLOT.width - PLOT.left - PLOT.right),
    y: (value) => PLOT.top + ((high - value) / (high - low)) * (PLOT.height - PLOT.top - PLOT.bottom),
    ticks: Array.from({ length: Math.floor((high - low) / every) + 1 }, (_, i) => low + i * every),
  };
}

const at = (x: number, y: number): string => `${x.toFixed(1)} ${y.toFixed(1)}`;

function Path({ series, axes }: { series: DepthSeries; axes: Axes }) {
  const known = series.values.flatMap((value, i) => {
    const decade = decades(value);
    return decade === null ? [] : [{ i, decade, spread: series.spread?.[i] ?? 0 }];
  });
  const line = known.map(({ i, decade }, n) => `${n === 0 ? 'M' : 'L'}${at(axes.x(i), axes.y(decade))}`);
  const upper = known.map(({ i, decade, spread }) => at(axes.x(i), axes.y(decade + spread)));
  const lower = known.map(({ i, decade, spread }) => at(axes.x(i), axes.y(decade - spread)));
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
        const decade = decades(value);
        if (decade === null) return null;
        const layer = layers[i] ?? '';
        return (
          <circle
            key={layer}
            class={series.marked?.[i] ? 'depth-point marked' : 'depth-point'}
            cx={axes.x(i)}
            cy={axes.y(decade)}
            r={layers.length > 60 ? 2 : 4}
            style={{ fill: `var(--${series.colour})` }}
          >
            <title>{`${clip(layer, 60)}: ${powerOfTen(Number(decade.toFixed(2)))}`}</title>
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
  const all = series.flatMap(({ values }) => values.map(decades)).filter((value) => value !== null);
  if (all.length === 0) return null;
  const axes = axesOf(layers.length, all);
  return (
    <figure class="depth">
      <svg viewBox={`0 0 ${PLOT.width} ${PLOT.height}`} role="img" aria-label={label}>
        {axes.ticks.map((tick) => (
          <g key={tick}>
            <line
              class="grid-line"
              x1={PLOT.left}
              x2={PLOT.width - PLOT.right}
              y1={axes.y(tick)}
              y2={axes.y(tick)}
            />
            <text class="tick" x={PLOT.left - 6} y={axes.y(tick) + 4} text-anchor="end">
              {powerOfTen(tick)}
            </text>
          </g>
        ))}
        {series.map((one) =>
          one.points ? (
            <Points key={one.label} {...{ axes, layers }} series={one} />
          ) : (
            <Path key={one.label} axes={axes} series={one} />
          ),
        )}
        <text class="tick" x={PLOT.left} y={PLOT.height - 6}>
          first layer
        </text>
        <text class="tick" x={PLOT.width - PLOT.right} y={PLOT.height - 6} text-anchor="end">
          last layer
        </text>
      </svg>
      <figcaption class="legend">
        {series.map(({ label: name, colour, points }) => (
          <span key={name} class="key">
            <i class={points ? 'point' : ''} style={{ color: `var(--${colour})` }} /> {name}
          </span>
        ))}
      </figcaption>
    </figure>
  );
}
