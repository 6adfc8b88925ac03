/** @file Fills in what the schemas leave short: `"leaky_relu"` becomes the object with its default slope. */
import {
  activationParts,
  completePart,
  initializerParts,
  type LayerConfig,
  lossParts,
  optimizerParts,
  type Part,
  type PartConfig,
  scheduleParts,
} from '../network/index.ts';
import type { Experiment } from './schema.ts';

const isExpression = (config: unknown) =>
  typeof config === 'object' && config !== null && 'expression' in config;

const complete = <T>(parts: readonly Part[], config: T): T => completePart(parts, config as PartConfig) as T;

const ofKey = (key: string): readonly Part[] | null =>
  key === 'activation' ? activationParts : key.endsWith('_initializer') ? initializerParts : null;

function completeLayer(layer: LayerConfig): LayerConfig {
  const entries = Object.entries(layer).map(([key, value]) => {
    const parts = ofKey(key);
    if (key === 'layers') return [key, (value as LayerConfig[]).map(completeLayer)];
    return [key, parts === null || isExpression(value) ? value : complete(parts, value)];
  });
  return Object.fromEntries(entries) as LayerConfig;
}

function completeSchedule(config: PartConfig): PartConfig {
  const completed = completePart(scheduleParts, config) as unknown as PartConfig & { after?: PartConfig };
  return completed.after === undefined
    ? completed
    : ({ ...(completed as object), after: completeSchedule(completed.after) } as unknown as PartConfig);
}

/** The same experiment with every default spelled out, so that it says all that was done and can be posted again. */
export function completeExperiment(experiment: Experiment): Experiment {
  const { network, training } = experiment;
  return {
    ...experiment,
    network: { ...network, layers: network.layers.map(completeLayer) },
    training: {
      ...training,
      loss: complete(lossParts, training.loss),
      optimizer: complete(optimizerParts, training.optimizer),
      learning_rate_schedule: completeSchedule(
        training.learning_rate_schedule,
      ) as typeof training.learning_rate_schedule,
    },
  };
}
