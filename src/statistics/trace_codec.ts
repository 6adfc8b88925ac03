/** @file A Trace as bytes: exact, NaN, ±Infinity, −0 and typed arrays included. */
import { promisify } from 'node:util';
import { deserialize, serialize } from 'node:v8';
import { deflateRawSync, inflateRaw } from 'node:zlib';
import type { Trace } from './trace.ts';

const inflate = promisify(inflateRaw);

/** In the thread that has trained, so that a long record holds up no request. */
export const encodeTrace = (trace: Trace): Uint8Array => deflateRawSync(serialize(trace), { level: 1 });

export const decodeTrace = async (bytes: Uint8Array): Promise<Trace> =>
  deserialize(await inflate(bytes)) as Trace;
