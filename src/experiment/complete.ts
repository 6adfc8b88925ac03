/** @file Fills in what the schemas leave short: `"leaky_relu"` becomes the object with its default slope. */
import {
  type ActivationConfig,
  completeActivation,
  completeLoss,
  completePosition,
  completeSchedule,
  type InitializerConfig,
  initializerKind,
  type LayerConfig,
  optimizerKind,
  type PositionConfig,
} from '../network/index.ts';
import type { Experiment } from './schema.ts';

/** Options are told apart by their names, which are the contract's. */
function completeOption(key: string, value: unknown): unknown {
  if (key === 'layers') return (value as LayerConfig[]).map(completeLayer);
  // Of both directions; elsewhere it is the name of a layer.
  if (key === 'layer' && typeof value === 'object') return completeLayer(value as LayerConfig);
  if (key === 'activation' || key.endsWith('_activation'))
    return completeActivation(value as ActivationConfig);
  if (key === 'positions' && value !== null) return completePosition(value as PositionConfig);
  if (key.endsWith('_initializer')) return initializerKind.complete(value as InitializerConfig);
  return value;
}

const completeLayer = ({ type, ...options }: LayerConfig): LayerConfig => ({
  type,
  ...Object.fromEntries(Object.entries(options).map(([key, value]) => [key, completeOption(key, value)])),
});

/** The same experiment with every default spelled out, so that it says all that was done and can be posted again. */
export function completeExperiment(experiment: Experiment): Experiment {
  const { network, training } = experiment;
  return {
    ...experiment,
    network: { ...network, layers: network.layers.map(completeLayer) },
    training: {
      ...training,
      loss: completeLoss(training.loss),
      optimizer: optimizerKind.complete(training.optimizer),
      learning_rate_schedule: completeSchedule(training.learning_rate_schedule),
    },
  };
}
