/** @file The network as a graph, its layers coloured by what was found in them, and theory beside measurement. */
import { useMemo } from 'preact/hooks';
import type { LayerRow, Report } from '../../client/index.ts';
import { DepthPlot } from '../charts/depth_plot.tsx';
import { brokenInto, layered, type Place, type Placed } from '../charts/layered.ts';
import { clip, count, words } from '../lib/format.ts';
import { Scroller, Section } from '../ui/parts.tsx';
import { useWidth } from '../ui/width.ts';
import { findingsOf } from './story.ts';

const [WIDTH, HEIGHT] = [104, 58];
const [GAP_X, GAP_Y] = [26, 16];
/** Beside a line, for what comes from another; above it, for what leaps over a layer. */
const [MARGIN, ARC] = [GAP_X / 2 + 2, 22];
/** Until it is known how wide the page is. */
const USUAL_PX = 1100;

/** Corners of layers in the picture. */
interface Layout {
  readonly width: number;
  readonly height: number;
  at(place: Place): { readonly x: number; readonly y: number; readonly line: number };
  /** Where the room above a line begins. */
  topOf(line: number): number;
}

function layoutOf(placed: Placed, room: number): Layout {
  const perLine = Math.max(1, Math.floor((room - 2 * MARGIN + GAP_X) / (WIDTH + GAP_X)));
  const { rows, lineOf } = brokenInto(placed, perLine);
  const tops = [0];
  for (const count of rows) tops.push((tops.at(-1) as number) + ARC + count * (HEIGHT + GAP_Y));
  return {
    width: 2 * MARGIN + Math.min(perLine, placed.columns) * (WIDTH + GAP_X) - GAP_X,
    height: tops.at(-1) as number,
    topOf: (line) => tops[line] as number,
    at: ({ column, row }) => {
      const { line, at } = lineOf(column);
      const y = (tops[line] as number) + ARC + row * (HEIGHT + GAP_Y);
      return { x: MARGIN + at * (WIDTH + GAP_X), y, line };
    },
  };
}

/** From the right of one layer to the left of another: a curve, or along the room between the lines. */
function arrow({ at, topOf }: Layout, before: Place, after: Place): string {
  const [a, b] = [at(before), at(after)];
  const [x1, y1, x2, y2] = [a.x + WIDTH, a.y + HEIGHT / 2, b.x, b.y + HEIGHT / 2];
  if (a.line !== b.line) {
    const between = topOf(b.line) + 2;
    return `M${x1} ${y1} h${GAP_X / 2} V${between} H${x2 - GAP_X / 2} V${y2} H${x2}`;
  }
  const bend = after.column - before.column > 1 ? -HEIGHT : 0;
  return `M${x1} ${y1} C${x1 + GAP_X} ${y1 + bend} ${x2 - GAP_X} ${y2 + bend} ${x2} ${y2}`;
}

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
  const placed = useMemo(() => layered(nodesOf(layers)), [layers]);
  const [holder, room] = useWidth<HTMLDivElement>(USUAL_PX);
  const layout = useMemo(() => layoutOf(placed, room), [placed, room]);
  const place = (id: string) => placed.places.get(id);
  const found = severities(report);
  return (
    <Section
      id="network"
      title="The network"
      lead="Layers from the input to the output, coloured by what was found in them."
    >
      <div ref={holder} />
      <Scroller label="The network's layers">
        <svg
          class="network"
          width={layout.width}
          height={layout.height}
          viewBox={`0 0 ${layout.width} ${layout.height}`}
          role="img"
          aria-label={`${layers.length} layers`}
        >
          {nodesOf(layers).flatMap(({ id, from }) =>
            from.map((before) => {
              const [a, b] = [place(before), place(id)];
              if (a === undefined || b === undefined) return null;
              return <path key={`${before} ${id}`} class="arrow-line" d={arrow(layout, a, b)} />;
            }),
          )}
          {layers.map((row) => (
            <LayerBox
              key={row.layer}
              row={row}
              corner={layout.at(place(row.layer) as Place)}
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
  corner,
  found,
}: {
  row: LayerRow;
  corner: { readonly x: number; readonly y: number };
  found: { severity: string; rules: string[] } | undefined;
}) {
  const { layer, type, activation, output_shape, parameters } = row;
  const about = `${clip(layer, 80)}: ${type}${activation === null ? '' : `, ${activation}`}, ${parameters} parameters${found === undefined ? '' : `. ${found.rules.join(', ')}`}`;
  return (
    <g class={`layer-box ${found?.severity ?? ''}`} transform={`translate(${corner.x} ${corner.y})`}>
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
