/** @file Curves as the columns of one table, on the union of their steps. Knows no page. */
import { type Axis, axisOf, stepAxis, type Value } from './axis.ts';

/** A curve, perhaps with a band around it: y is the middle. */
export interface Curve {
  readonly label: string;
  /** A colour of the style sheet. */
  readonly colour: string;
  readonly x: readonly number[];
  /** Null: not measured here; NaN and ±∞ are marked. */
  readonly y: readonly (number | null)[];
  readonly low?: readonly (number | null)[];
  readonly high?: readonly (number | null)[];
  readonly dashed?: boolean;
  readonly thin?: boolean;
  /** One of many that the legend names once. */
  readonly unnamed?: boolean;
}

/** A value that holds at every step. */
export interface Level {
  readonly label: string;
  readonly colour: string;
  readonly value: number;
}

export type Column = (number | null)[];

/** Where a curve was not finite: the first step of each stretch of such steps. */
export interface Mark {
  readonly curve: number;
  readonly x: number;
}

export interface Table {
  readonly x: readonly number[];
  /** As drawn, for each curve: its middle and the edges of its band. */
  readonly curves: readonly {
    readonly y: Column;
    readonly low: Column | null;
    readonly high: Column | null;
  }[];
  readonly levels: readonly Column[];
  /** As measured, for each curve. */
  readonly measured: readonly (readonly Value[])[];
  readonly marks: readonly Mark[];
  readonly xAxis: Axis;
  readonly yAxis: Axis;
}

const isBroken = (value: Value): boolean => typeof value === 'number' && !Number.isFinite(value);

function marksOf(curves: readonly Curve[], xAxis: Axis): Mark[] {
  return curves.flatMap(({ x, y }, curve) =>
    x.flatMap((at, i) => {
      const place = xAxis.place(at);
      return place !== null && isBroken(y[i]) && !isBroken(y[i - 1]) ? [{ curve, x: place }] : [];
    }),
  );
}

export function tableOf(
  curves: readonly Curve[],
  levels: readonly Level[],
  { log, logX }: { log: boolean; logX: boolean },
): Table {
  const steps = [...new Set(curves.flatMap((curve) => curve.x))]
    .filter((at) => !logX || at > 0)
    .sort((a, b) => a - b);
  const all = curves.flatMap(({ y, low = [], high = [] }) => [...y, ...low, ...high]);
  const [xAxis, yAxis] = [stepAxis(steps, logX), axisOf([...all, ...levels.map(({ value }) => value)], log)];
  const aligned = (x: readonly number[], values: readonly (number | null)[]): Value[] => {
    const known = new Map(x.map((at, i) => [at, values[i]]));
    return steps.map((at) => known.get(at));
  };
  const drawn = (x: readonly number[], values: readonly (number | null)[] | undefined): Column | null =>
    values === undefined ? null : aligned(x, values).map(yAxis.place);
  return {
    x: steps.map((at) => xAxis.place(at) as number),
    curves: curves.map(({ x, y, low, high }) => ({
      y: drawn(x, y) as Column,
      low: drawn(x, low),
      high: drawn(x, high),
    })),
    levels: levels.map(({ value }) => steps.map(() => yAxis.place(value))),
    measured: curves.map(({ x, y }) => aligned(x, y)),
    marks: marksOf(curves, xAxis),
    xAxis,
    yAxis,
  };
}
