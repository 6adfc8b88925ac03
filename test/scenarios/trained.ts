/** @file Trainings for studies without a service: each once, as the service does it. */
import type { Experiment } from '../../src/experiment/index.ts';
import type { Trace } from '../../src/statistics/index.ts';
import { train } from '../../src/training/index.ts';
import { canonicalJson } from '../../src/util/json.ts';

const known = new Map<string, Promise<Trace>>();

/** What is trained later is trained anew. */
export const forgetTrainings = (): void => known.clear();

/** The same experiment with the same seed gives the same trace: it is trained when it is first asked for. */
export function trainOnce(experiment: Experiment, seed: number): Promise<Trace> {
  const { network, data, training, diagnostics } = experiment;
  const key = canonicalJson({ network, data, training, every: diagnostics.probe_every, seed });
  let running = known.get(key);
  if (running === undefined) {
    running = train(experiment, seed).then((result) => {
      if (!result.ok) throw new Error(result.error.code);
      return result.value;
    });
    known.set(key, running);
  }
  return running;
}
