/** @file Metrics of the same numbers at the same step that cannot be true together, whatever the numbers are. */

interface GivenSeries {
  readonly layer: string | null;
  readonly tensor: string | null;
  readonly metric: string;
  readonly steps: readonly number[];
  readonly values: readonly (number | null)[];
}

/** An order of two metrics that a trace turns round. */
export interface Contradiction {
  /** Place of the series whose value is too large, and of the value in it. */
  readonly series: number;
  readonly index: number;
  readonly message: string;
  readonly fix: string;
}

const QUANTILES = ['abs_p01', 'abs_p05', 'abs_p25', 'abs_p50', 'abs_p75', 'abs_p95', 'abs_p99'] as const;
/** Each is at most the next one: |mean| by the triangle inequality, then by Jensen's, then as a mean of squares of at most the largest, then as one of a sum. */
const SIZES = ['mean', 'abs_mean', 'rms', 'abs_max', 'l2_norm'] as const;

/** One metric that is never above another. */
interface Order {
  readonly less: string;
  readonly more: string;
  /** By absolute value: `mean`, `min` and `max` have a sign. */
  readonly absolute: boolean;
  readonly times: number;
}

const chain = (metrics: readonly string[], absolute: boolean): Order[] =>
  metrics.flatMap((less, i) => metrics.slice(i + 1).map((more) => ({ less, more, absolute, times: 1 })));

/** A deviation whose sum is divided by n − 1 is at most so many times the one that is divided by n: of two numbers. */
const UNBIASED = Math.SQRT2;

const ORDERS: readonly Order[] = [
  ...chain(SIZES, true),
  ...chain([...QUANTILES, 'abs_max', 'l2_norm'], true).filter(({ less }) => less !== 'abs_max'),
  ...['min', 'max'].flatMap((less) =>
    ['abs_max', 'l2_norm'].map((more) => ({ less, more, absolute: true, times: 1 })),
  ),
  ...['rms', 'abs_max', 'l2_norm'].map((more) => ({ less: 'std', more, absolute: true, times: UNBIASED })),
  ...chain(['min', 'mean', 'max'], false),
];

/**
 * Relative. Rounding keeps an order where all metrics are rounded alike. Where one is and another is not, they differ by half a unit
 * of the last digit: 0.5 % of three digits, 0.4 % of a bfloat16; a quantile that is read from a histogram of this service by 0.8 %.
 */
const ROUNDED = 0.01;
/** Squares of smaller numbers are below the smallest normal float32, 2⁻¹²⁶: a root of their mean may be 0. */
const SQUARE_UNDERFLOWS = 2 ** -63;
const OF_SQUARES = ['rms', 'l2_norm', 'std'];

function isTurned({ more, absolute, times }: Order, a: number, b: number): boolean {
  const [less, large] = absolute ? [Math.abs(a), Math.abs(b)] : [a, b];
  if (OF_SQUARES.includes(more) && less < SQUARE_UNDERFLOWS) return false;
  return less > times * large + ROUNDED * Math.max(Math.abs(a), Math.abs(b));
}

const nameOf = (metric: string, absolute: boolean): string =>
  absolute && ['mean', 'min', 'max'].includes(metric) ? `|${metric}|` : metric;

/** The first step of both at which the order is turned round; steps ascend. */
function firstTurn(order: Order, less: GivenSeries, more: GivenSeries): number | null {
  for (let i = 0, j = 0; i < less.steps.length && j < more.steps.length; ) {
    const [a, b] = [less.steps[i] as number, more.steps[j] as number];
    const [value, limit] = [less.values[i] ?? null, more.values[j] ?? null];
    if (a === b && value !== null && limit !== null && isTurned(order, value, limit)) return i;
    if (a <= b) i++;
    if (b <= a) j++;
  }
  return null;
}

function ofTensor(known: ReadonlyMap<string, number>, series: readonly GivenSeries[]): Contradiction[] {
  return ORDERS.flatMap((order) => {
    const [less, more] = [known.get(order.less), known.get(order.more)];
    if (less === undefined || more === undefined) return [];
    const [low, high] = [series[less] as GivenSeries, series[more] as GivenSeries];
    const index = firstTurn(order, low, high);
    if (index === null) return [];
    const step = low.steps[index] as number;
    const [a, b] = [nameOf(order.less, order.absolute), nameOf(order.more, order.absolute)];
    const times = order.times === 1 ? '' : 'more than √2 times ';
    return [
      {
        series: less,
        index,
        message: `is ${low.values[index]}, and ${order.more} at step ${step} is ${high.values[high.steps.indexOf(step)]}: ${a} is never ${times}above ${b} of the same numbers`,
        fix: 'send both as they were measured, of the same tensor at the same step',
      },
    ];
  });
}

/** One for each two metrics of a tensor that contradict each other. Series must be in order of their steps, each given once. */
export function contradictionsOf(series: readonly GivenSeries[]): Contradiction[] {
  const tensors = new Map<string, Map<string, number>>();
  series.forEach(({ layer, tensor, metric }, i) => {
    if (layer === null) return;
    const key = JSON.stringify([layer, tensor]);
    const known = tensors.get(key) ?? new Map<string, number>();
    tensors.set(key, known.set(metric, i));
  });
  return [...tensors.values()].flatMap((known) => (known.size < 2 ? [] : ofTensor(known, series)));
}
