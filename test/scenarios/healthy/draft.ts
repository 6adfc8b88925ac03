/** @file Short ways to write healthy scenarios. */
import type { Config, Draft, NetworkFamily } from '../scenario.ts';

export const healthy = (name: string, network: NetworkFamily, config: Config): Draft => ({
  name: `healthy/${name}`,
  network,
  experiment: config,
  sickness: null,
});

export const norm = { type: 'batch_norm', momentum: 0.9 };
export const act = (activation: unknown) => ({ type: 'activation', activation });

export const dropout = (rate: number) => ({ type: 'dropout', rate });
