/**
 * @file What the steps of a training take, by a model and not by the clock, so that what follows from it follows from the experiment
 * alone. Finer than what studies count (study/budget.ts): it tells small networks apart, whose steps are mostly not arithmetic.
 */
import { flattenLayers } from '../network/index.ts';
import { type Plan, placedLayers } from './plan.ts';
import type { Experiment } from './schema.ts';

/** Seconds of a core of 2024, measured on the scenarios of test/scenarios. */
const S_PER_FLOP = 1 / 1.6e10;
/** For each parameter tensor: its products, its update, its place in the graph. */
const S_PER_TENSOR = 1e-5;
/** To measure one of them at a probed step. */
const S_PER_PROBED_TENSOR = 4e-5;
/** To look at units, ranks and modes at three steps of a training that is probed. */
const INSPECTION_S = 5e-3;
/** Of one time step, forwards and back. */
const S_PER_TIME_STEP: Readonly<Record<string, number>> = { simple_rnn: 1.2e-5, gru: 2.5e-5, lstm: 2.5e-5 };

/** Every time step of a recurrent layer is a round of a loop. */
function loopSeconds({ layers }: Plan, experiment: Experiment): number {
  const kinds = new Map(
    flattenLayers(placedLayers(experiment)).map(({ name, type, config }) => {
      const inner = (config as { layer?: { type?: string } }).layer?.type;
      const [kind, times] = type === 'bidirectional' ? [inner ?? 'gru', 2] : [type, 1];
      return [name, times * (S_PER_TIME_STEP[kind] ?? 0)];
    }),
  );
  return layers.reduce(
    (sum, { name, input_shape }) => sum + (input_shape[0] ?? 0) * (kinds.get(name) ?? 0),
    0,
  );
}

/** Seconds of one core for a training that takes all of its steps, without what is prepared before the first. */
export function workOf(experiment: Experiment, plan: Plan): number {
  const { probe_every } = experiment.diagnostics;
  const tensors = plan.parameters.length;
  const probing = probe_every === 0 ? 0 : (S_PER_PROBED_TENSOR * tensors) / probe_every;
  const step = S_PER_FLOP * plan.flops_per_step + S_PER_TENSOR * tensors + loopSeconds(plan, experiment);
  return plan.steps * (step + probing) + (probe_every === 0 ? 0 : INSPECTION_S);
}
