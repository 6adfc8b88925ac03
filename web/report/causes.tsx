/** @file The findings as a graph: arrows lead from a cause to what it explains. */
import type { Report } from '../../client/index.ts';
import { directEdges, layered, type Place } from '../charts/layered.ts';
import { words } from '../lib/format.ts';
import { Scroller } from '../ui/parts.tsx';
import { findingsOf } from './story.ts';

const [WIDTH, HEIGHT] = [186, 34];
const [GAP_X, GAP_Y] = [56, 14];
const MARGIN = 4;

const left = ({ column }: Place) => MARGIN + column * (WIDTH + GAP_X);
const top = ({ row }: Place) => MARGIN + row * (HEIGHT + GAP_Y);

function Arrow({ from, to }: { from: Place; to: Place }) {
  const [x1, y1] = [left(from) + WIDTH, top(from) + HEIGHT / 2];
  const [x2, y2] = [left(to) - 7, top(to) + HEIGHT / 2];
  const middle = (x1 + x2) / 2;
  return (
    <>
      <path class="arrow-line" d={`M${x1} ${y1} C${middle} ${y1} ${middle} ${y2} ${x2} ${y2}`} />
      <path class="arrow-head" d={`M${x2 + 7} ${y2} l-8 -4 v8 z`} />
    </>
  );
}

export function Causes({ report }: { report: Report }) {
  const findings = findingsOf(report);
  const known = new Set(findings.map(({ rule }) => rule));
  const nodes = directEdges(
    findings.map(({ rule, caused_by }) => ({ id: rule, from: caused_by.filter((one) => known.has(one)) })),
  );
  if (!nodes.some(({ from }) => from.length > 0)) return null;
  const { places, columns, rows } = layered(nodes);
  const place = (id: string) => places.get(id) as Place;
  const [width, height] = [
    columns * (WIDTH + GAP_X) - GAP_X + 2 * MARGIN,
    rows * (HEIGHT + GAP_Y) - GAP_Y + 2 * MARGIN,
  ];
  return (
    <figure class="causes scroll">
      <figcaption class="muted">What explains what: causes on the left.</figcaption>
      <Scroller label="Graph of causes">
        <svg
          width={width}
          height={height}
          viewBox={`0 0 ${width} ${height}`}
          role="img"
          aria-label={causesText(nodes)}
        >
          {nodes.flatMap(({ id, from }) =>
            from.map((cause) => <Arrow key={`${cause} ${id}`} from={place(cause)} to={place(id)} />),
          )}
          {findings.map(({ rule, severity }) => (
            <g
              key={rule}
              class={`cause ${severity ?? ''}`}
              transform={`translate(${left(place(rule))} ${top(place(rule))})`}
            >
              <rect width={WIDTH} height={HEIGHT} rx="8" />
              <text x={WIDTH / 2} y={HEIGHT / 2 + 4}>
                {words(rule)}
              </text>
            </g>
          ))}
        </svg>
      </Scroller>
    </figure>
  );
}

const causesText = (nodes: readonly { id: string; from: readonly string[] }[]): string =>
  nodes
    .filter(({ from }) => from.length > 0)
    .map(
      ({ id, from }) =>
        `${words(id)} is explained by ${from.map((one) => words(one).toLowerCase()).join(' and ')}.`,
    )
    .join(' ');
