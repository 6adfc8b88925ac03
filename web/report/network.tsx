/** @file The network as a graph, its layers coloured by what was found in them, and theory beside measurement. */
import type { LayerRow, Report } from '../../client/index.ts';
import { DepthPlot } from '../charts/depth_plot.tsx';
import { layered, type Place } from '../charts/layered.ts';
import { clip, count, words } from '../lib/format.ts';
import { Scroller, Section } from '../ui/parts.tsx';
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
      <Scroller label="The network's layers">
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
      </Scroller>
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

function Theory({ report }: { report: Report }) {
  const layers = report.preflight.layers;
  const predicted = {
    label: 'mean-field theory',
    colour: 'series-3',
    values: layers.map(({ predicted_gradient_rms }) => predicted_gradient_rms),
    spread: layers.map(({ gradient_spread }) => 2 * (gradient_spread ?? 0)),
  };
  const measured = {
    label: 'measured',
    colour: 'series-1',
    values: layers.map(({ measured_gradient_rms }) => measured_gradient_rms),
    points: true,
    marked: layers.map(({ prediction_mismatch }) => prediction_mismatch),
  };
  if ([...predicted.values, ...measured.values].every((value) => value === null)) return null;
  return (
    <div>
      <h3>Gradient at the first step: predicted and measured</h3>
      <DepthPlot
        layers={layers.map(({ layer }) => layer)}
        series={[predicted, measured]}
        label="RMS of the loss gradient at each layer's outputs, predicted and measured"
      />
    </div>
  );
}
