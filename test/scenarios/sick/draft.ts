/** @file Short ways to write sick scenarios. */
import type { Config, Draft, NetworkFamily } from '../scenario.ts';

export const sick = (
  name: string,
  network: NetworkFamily,
  rules: string | readonly string[],
  layers: readonly string[] | null,
  config: Config,
  twin: Config,
): Draft => ({
  name: `sick/${name}`,
  network,
  experiment: config,
  sickness: { rules: typeof rules === 'string' ? [rules] : rules, layers, twin },
});

export const firstLayers = (type: string, count = 3) =>
  Array.from({ length: count }, (_, i) => `${type}_${i + 1}`);

/** Steps that are too long show in the gradients, in the updates, or in a loss that jumps. */
export const tooLong = ['exploding_gradient', 'non_finite_values', 'update_ratio', 'unstable_loss'];
