/** @file Curves on logarithmic axes as an SVG. */
import type { Growth } from './growth.ts';

const [WIDTH, HEIGHT, LEFT, BOTTOM, TOP, RIGHT] = [640, 360, 60, 45, 15, 150];
const COLORS = ['#1f6feb', '#d1242f', '#1a7f37', '#9a6700'];

const log = Math.log10;

/** Powers of ten from the one below `low` to the one above `high`. */
const decades = (low: number, high: number): number[] => {
  const first = Math.floor(log(low));
  return Array.from({ length: Math.ceil(log(high)) - first + 1 }, (_, i) => 10 ** (first + i));
};

const text = (x: number, y: number, content: string, more = ''): string =>
  `<text x="${x.toFixed(1)}" y="${y.toFixed(1)}" ${more}>${content}</text>`;

/** Each size in multiples of the smallest, so that all curves begin at 1. */
export function growthPlot(growths: readonly Growth[]): string {
  const curves = growths.map(({ name, points, last }) => ({
    label: `${name}: exponent ${last.toFixed(2)}`,
    points: points.map(({ at, ms }) => ({ x: at / (points[0]?.at ?? 1), y: ms })),
  }));
  const all = curves.flatMap(({ points }) => points);
  const ys = decades(Math.min(...all.map(({ y }) => y)), Math.max(...all.map(({ y }) => y)));
  const xs = decades(1, Math.max(...all.map(({ x }) => x)));
  const scale = (ticks: readonly number[], from: number, to: number) => {
    const [low, high] = [log(ticks[0] ?? 1), log(ticks.at(-1) ?? 10)];
    return (value: number) => from + ((log(value) - low) / (high - low)) * (to - from);
  };
  const x = scale(xs, LEFT, WIDTH - RIGHT);
  const y = scale(ys, HEIGHT - BOTTOM, TOP);
  const grid = [
    ...xs.map((tick) => `<path d="M${x(tick).toFixed(1)} ${TOP}V${HEIGHT - BOTTOM}"/>`),
    ...ys.map((tick) => `<path d="M${LEFT} ${y(tick).toFixed(1)}H${WIDTH - RIGHT}"/>`),
  ];
  const ticks = [
    ...xs.map((tick) => text(x(tick), HEIGHT - BOTTOM + 18, `×${tick}`, 'text-anchor="middle"')),
    ...ys.map((tick) => text(LEFT - 8, y(tick) + 4, String(tick), 'text-anchor="end"')),
    text((LEFT + WIDTH - RIGHT) / 2, HEIGHT - 8, 'size over the smallest', 'text-anchor="middle"'),
    text(14, HEIGHT / 2, 'milliseconds', `text-anchor="middle" transform="rotate(-90 14 ${HEIGHT / 2})"`),
  ];
  const lines = curves.map(({ label, points }, i) => {
    const path = points.map((point) => `${x(point.x).toFixed(1)} ${y(point.y).toFixed(1)}`).join('L');
    const color = COLORS[i % COLORS.length];
    return (
      `<path d="M${path}" fill="none" stroke="${color}" stroke-width="2"/>` +
      text(WIDTH - RIGHT + 10, TOP + 16 + 20 * i, label, `fill="${color}"`)
    );
  });
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${HEIGHT}" font-family="sans-serif" font-size="12">`,
    '<title>Time of a step over depth, width, batch and number of steps, on logarithmic axes</title>',
    `<rect width="${WIDTH}" height="${HEIGHT}" fill="#fff"/>`,
    `<g stroke="#ddd">${grid.join('')}</g>`,
    `<g fill="#333">${ticks.join('')}</g>`,
    ...lines,
    '</svg>\n',
  ].join('\n');
}
