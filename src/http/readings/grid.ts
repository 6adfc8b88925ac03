/** @file The series of a stored trace as a grid. */
import { decodeTensor, type GridFilter, gridOf, stuckOf } from '../../statistics/index.ts';
import { jsonOf } from './text.ts';

export interface GridOptions extends GridFilter {
  readonly run: string;
}

/** JSON. */
export async function gridOfRun(
  [trace]: readonly Uint8Array[],
  { run, ...filter }: GridOptions,
): Promise<Uint8Array> {
  const { tensor } = filter;
  const decoded = await decodeTensor(trace as Uint8Array, tensor);
  const grid = { run, tensor, ...gridOf(decoded, filter) };
  if (tensor !== 'output' || filter.layer === undefined) return jsonOf(grid);
  return jsonOf({ ...grid, stuck_units: stuckOf(decoded, filter.layer) });
}
