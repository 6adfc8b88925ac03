/** @file The network as a graph, its layers coloured by what was found in them, and theory beside measurement. */
import type { LayerRow, Report } from '../api/types.ts';
import { layered, type Place } from '../charts/layered.ts';
import { clip, count, powerOfTen, words } from '../lib/format.ts';
import { Section } from '../ui/parts.tsx';
import { findingsOf } from './story.ts';

const [WIDTH, HEIGHT] = [104, 58];
const [GAP_X, GAP_Y] = [26, 16];
const MARGIN = 6;

const left = ({ column }: Place) => MARGIN + column * (WIDTH + GAP_X);
const top = ({ row }: Place) => MARGIN + row * (HEIGHT + GAP_Y);

/** Where a layer says nothing of its inputs, it is the one before. */
const nodesOf = (layers: readonly LayerRow[]) =>
  layers.map(({ layer, inputs }, i) => {
    const previous = layers[i - 1]?.layer;
    return { id: layer, from: inputs ?? (previous === undefined ? [] : [previous]) };
  });

function severities(report: Report): ReadonlyMap<string, { severity: string; rules: string[] }> {
  const found = new Map<string, { severity: string; rules: string[] }>();
  for (const { rule, severity, layers } of findingsOf(report)) {
    for (const layer of layers) {
      const known = found.get(layer);
      const worst = known?.severity === 'critical' ? 'critical' : (severity ?? 'info');
      found.set(layer, { severity: worst, rules: [...(known?.rules ?? []), words(rule)] });
    }
  }
  return found;
}

export function Network({ report }: { report: Report }) {
  const layers: readonly LayerRow[] = report.baseline.layers;
  const nodes = nodesOf(layers);
  const { places, columns, rows } = layered(nodes);
  const place = (id: string) => places.get(id);
  const found = severities(report);
  const [width, height] = [columns * (WIDTH + GAP_X) + 2 * MARGIN, rows * (HEIGHT + GAP_Y) + 2 * MARGIN];
  return (
    <Section
      id="network"
      title="The network"
      lead="Layers from the input to the output, coloured by what was found in them."
    >
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: scrolls sideways. */}
      <section class="scroller" tabIndex={0} aria-label="The network's layers">
        <svg
          class="network"
          width={width}
          height={height}
          viewBox={`0 0 ${width} ${height}`}
          role="img"
          aria-label={`${layers.length} layers`}
        >
          {nodes.flatMap(({ id, from }) =>
            from.map((before) => {
              const [a, b] = [place(before), place(id)];
              if (a === undefined || b === undefined) return null;
              const [x1, y1, x2, y2] = [left(a) + WIDTH, top(a) + HEIGHT / 2, left(b), top(b) + HEIGHT / 2];
              const bend = b.column - a.column > 1 ? -HEIGHT : 0;
              return (
                <path
                  key={`${before} ${id}`}
                  class="arrow-line"
                  d={`M${x1} ${y1} C${x1 + GAP_X} ${y1 + bend} ${x2 - GAP_X} ${y2 + bend} ${x2} ${y2}`}
                />
              );
            }),
          )}
          {layers.map((row) => (
            <LayerBox
              key={row.layer}
              row={row}
              place={place(row.layer) as Place}
              found={found.get(row.layer)}
            />
          ))}
        </svg>
      </section>
      <Theory report={report} />
    </Section>
  );
}

function LayerBox({
  row,
  place,
  found,
}: {
  row: LayerRow;
  place: Place;
  found: { severity: string; rules: string[] } | undefined;
}) {
  const { layer, type, activation, output_shape, parameters } = row;
  const about = `${clip(layer, 80)}: ${type}${activation === null ? '' : `, ${activation}`}, ${parameters} parameters${found === undefined ? '' : `. ${found.rules.join(', ')}`}`;
  return (
    <g class={`layer-box ${found?.severity ?? ''}`} transform={`translate(${left(place)} ${top(place)})`}>
      <title>{about}</title>
      <rect width={WIDTH} height={HEIGHT} rx="8" />
      <text x={WIDTH / 2} y="18" class="layer-name">
        {clip(layer, 15)}
      </text>
      <text x={WIDTH / 2} y="34">
        {clip(activation === null ? type.replaceAll('_', ' ') : activation, 16)}
      </text>
      <text x={WIDTH / 2} y="49" class="layer-shape">
        {clip(output_shape.join('×') || '1', 12)}
        {parameters > 0 ? ` · ${count(parameters)}` : ''}
      </text>
    </g>
  );
}

const PLOT = { width: 640, height: 210, left: 44, right: 10, top: 10, bottom: 24 };

/** log₁₀; null for what cannot be placed. */
const decades = (value: number | null): number | null =>
  value === null || value <= 0 ? null : Math.log10(value);

function Theory({ report }: { report: Report }) {
  const layers = report.preflight.layers;
  const points = layers.map((row) => ({
    layer: row.layer,
    predicted: decades(row.predicted_gradient_rms),
    measured: decades(row.measured_gradient_rms),
    spread: 2 * (row.gradient_spread ?? 0),
    mismatch: row.prediction_mismatch,
  }));
  const all = points
    .flatMap(({ predicted, measured }) => [predicted, measured])
    .filter((value) => value !== null);
  if (all.length === 0) return null;
  const [low, high] = [Math.floor(Math.min(...all) - 0.2), Math.ceil(Math.max(...all) + 0.2)];
  const x = (i: number) => PLOT.left + ((i + 0.5) / points.length) * (PLOT.width - PLOT.left - PLOT.right);
  const y = (value: number) =>
    PLOT.top + ((high - value) / (high - low)) * (PLOT.height - PLOT.top - PLOT.bottom);
  const every = Math.ceil((high - low) / 6);
  const ticks = Array.from({ length: Math.floor((high - low) / every) + 1 }, (_, i) => low + i * every);
  const predicted = points.flatMap((point, i) =>
    point.predicted === null ? [] : [{ ...point, i, predicted: point.predicted }],
  );
  const line = predicted
    .map((point, n) => `${n === 0 ? 'M' : 'L'}${x(point.i).toFixed(1)} ${y(point.predicted).toFixed(1)}`)
    .join(' ');
  const ribbon = [
    ...predicted.map((point) => `${x(point.i).toFixed(1)},${y(point.predicted + point.spread).toFixed(1)}`),
    ...predicted
      .toReversed()
      .map((point) => `${x(point.i).toFixed(1)},${y(point.predicted - point.spread).toFixed(1)}`),
  ].join(' ');
  return (
    <figure class="theory">
      <figcaption>
        <h3>Gradient at the first step: predicted and measured</h3>
        <span class="legend">
          <span class="key">
            <i style={{ color: 'var(--series-3)' }} /> mean-field theory
          </span>
          <span class="key">
            <i class="point" style={{ color: 'var(--series-1)' }} /> measured
          </span>
        </span>
      </figcaption>
      <svg
        viewBox={`0 0 ${PLOT.width} ${PLOT.height}`}
        role="img"
        aria-label="RMS of the loss gradient at each layer's outputs, predicted and measured"
      >
        {ticks.map((tick) => (
          <g key={tick}>
            <line class="grid-line" x1={PLOT.left} x2={PLOT.width - PLOT.right} y1={y(tick)} y2={y(tick)} />
            <text class="tick" x={PLOT.left - 6} y={y(tick) + 4} text-anchor="end">
              {powerOfTen(tick)}
            </text>
          </g>
        ))}
        <polygon class="theory-ribbon" points={ribbon} />
        <path class="theory-line" d={line} />
        {points.map(({ layer, measured, mismatch }, i) =>
          measured === null ? null : (
            <circle
              key={layer}
              class={mismatch ? 'theory-point mismatch' : 'theory-point'}
              cx={x(i)}
              cy={y(measured)}
              r={points.length > 60 ? 2 : 4}
            >
              <title>{`${clip(layer, 60)}: ${powerOfTen(Number(measured.toFixed(2)))}`}</title>
            </circle>
          ),
        )}
        <text class="tick" x={PLOT.left} y={PLOT.height - 6}>
          first layer
        </text>
        <text class="tick" x={PLOT.width - PLOT.right} y={PLOT.height - 6} text-anchor="end">
          last layer
        </text>
      </svg>
    </figure>
  );
}
