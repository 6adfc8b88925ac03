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

/** @param layer null: of the run as a whole, which has no tensor either */
export const findSeries = (
  { series }: Pick<Trace, 'series'>,
  layer: string | null,
  tensor: string | null,
  metric: string,
): Series | undefined => (indices.get(series) ?? indexOf(series)).get(keyOf(layer, tensor, metric));
