/** @file A stored trace, unpacked in this thread. */
import { decodeTrace, type Trace } from '../../statistics/index.ts';

/** The trace that is read piece by piece: unpacking it for every piece would take longer than the pieces. */
let kept: { readonly key: string; readonly trace: Trace } | null = null;

/**
 * @param encoded by `encodeTrace`
 * @param key the same for all pieces that are read of one trace; null where nothing follows
 */
export async function unpack(encoded: Uint8Array, key: string | null = null): Promise<Trace> {
  if (key !== null && kept?.key === key) return kept.trace;
  // At most one at a time, and the old one is let go of first: a trace may be a quarter of a gigabyte.
  kept = null;
  const trace = await decodeTrace(encoded);
  if (key !== null) kept = { key, trace };
  return trace;
}

/** Nothing more will be read of it. */
export const letGo = (): void => {
  kept = null;
};
