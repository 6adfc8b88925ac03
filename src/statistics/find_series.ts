/** @file One series of a trace. */
import type { Series, Trace } from './trace.ts';

type Index = ReadonlyMap<string, Series>;

const keyOf = (layer: string | null, tensor: string | null, metric: string): string =>
  JSON.stringify([layer, tensor, metric]);

/** Rules look for a series of every layer, and a deep network has tens of thousands of series. */
const indices = new WeakMap<readonly Series[], Index>();

function indexOf(all: readonly Series[]): Index {
  const index = new Map(all.map((series) => [keyOf(series.layer, series.tensor, series.metric), series]));
  indices.set(all, index);
  return index;
}

/**
 * The series of one layer, tensor and metric. The list of a trace does not change once it is asked for: it is indexed then.
 * @param layer null: of the run as a whole, which has no tensor either
 * @returns undefined where it was not measured
 */
export const findSeries = (
  { series }: Pick<Trace, 'series'>,
  layer: string | null,
  tensor: string | null,
  metric: string,
): Series | undefined => (indices.get(series) ?? indexOf(series)).get(keyOf(layer, tensor, metric));
