/** @file The series of a stored trace as a grid. */
import { decodeTensor, type GridFilter, gridOf } from '../../statistics/index.ts';
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
  return jsonOf({ run, tensor, ...gridOf(await decodeTensor(trace as Uint8Array, tensor), filter) });
}
