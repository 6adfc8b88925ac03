/** @file What a training came to: the few numbers of a trace that a list of runs shows. */
import type { Trace } from '../../statistics/index.ts';
import { unpack } from './trace.ts';

const outcomeOf = ({ seed, steps_completed, initial, final, divergence }: Trace) => ({
  seed,
  steps_completed,
  initial_loss: initial.loss,
  final_loss: final.loss,
  validation_loss: final.validation_loss,
  final_accuracy: final.accuracy,
  diverged_at_step: divergence?.step ?? null,
});

export type Outcome = ReturnType<typeof outcomeOf>;

export const runOutcome = async ([trace]: readonly Uint8Array[]): Promise<Outcome> =>
  outcomeOf(await unpack(trace as Uint8Array));
