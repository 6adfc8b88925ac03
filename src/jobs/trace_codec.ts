/** @file A Trace as bytes: exact, NaN, ±Infinity, −0 and typed arrays included. */
import { deserialize, serialize } from 'node:v8';
import { deflateRawSync, inflateRawSync } from 'node:zlib';
import type { Trace } from '../statistics/index.ts';

export const encodeTrace = (trace: Trace): Buffer => deflateRawSync(serialize(trace), { level: 1 });
export const decodeTrace = (bytes: Buffer): Trace => deserialize(inflateRawSync(bytes)) as Trace;
