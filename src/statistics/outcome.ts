/** @file What a training came to: the few numbers of a trace that a list of runs shows. */
import type { Trace } from './trace.ts';

export const outcomeOf = ({ seed, steps_completed, initial, final, divergence }: Trace) => ({
  seed,
  steps_completed,
  initial_loss: initial.loss,
  final_loss: final.loss,
  validation_loss: final.validation_loss,
  final_accuracy: final.accuracy,
  diverged_at_step: divergence?.step ?? null,
});

export type Outcome = ReturnType<typeof outcomeOf>;
