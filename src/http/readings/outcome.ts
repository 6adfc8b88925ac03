/** @file The outcome of a run that was stored before outcomes were. */
import { type Outcome, outcomeOf } from '../../statistics/index.ts';
import { unpack } from './trace.ts';

export const runOutcome = async ([trace]: readonly Uint8Array[]): Promise<Outcome> =>
  outcomeOf(await unpack(trace as Uint8Array));
