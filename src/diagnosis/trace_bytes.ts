/**
 * @file A trace on its way to its study. The event loop hands on bytes, because a trace may have a quarter of a gigabyte: only the
 * thread that has trained and the thread of the study see what is in it.
 */
import { deserialize, serialize } from 'node:v8';
import { decodeTrace, type Trace } from '../statistics/index.ts';
import { readSeries } from './read_series.ts';

export interface TraceBytes {
  /** `part`: what a study reads of it, by `packPart`; `whole`: as it is stored, by `encodeTrace`. */
  readonly form: 'part' | 'whole';
  readonly bytes: Uint8Array;
}

/** In the thread that has trained. */
export const packPart = (trace: Trace): TraceBytes => ({ form: 'part', bytes: serialize(readSeries(trace)) });

/** In the thread of the study: what a study reads of the trace. */
export const unpackTrace = async ({ form, bytes }: TraceBytes): Promise<Trace> =>
  form === 'part' ? (deserialize(bytes) as Trace) : readSeries(await decodeTrace(bytes));
