/** @file The body of a request that makes the same job again. */
import type { SearchOptions } from '../../study/index.ts';
import { unpackText } from '../../util/packed_text.ts';
import { jsonOf } from './text.ts';

/** @param documents the experiment as it was accepted, by `packText` */
export function postedBody(
  [packed]: readonly Uint8Array[],
  { search }: { readonly search: SearchOptions | null },
): Uint8Array {
  const text = unpackText(packed as Uint8Array);
  return search === null ? Buffer.from(text) : jsonOf({ ...search, experiment: JSON.parse(text) });
}
