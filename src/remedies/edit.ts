/** @file Edits of an experiment that remedies are made of. Pure: what is given is never changed. */
import type { Experiment } from '../experiment/index.ts';
import { type ActivationConfig, type LayerConfig, resolveActivation } from '../network/index.ts';
import type { Change } from './remedy.ts';

type Training = Experiment['training'];

export const withTraining = (experiment: Experiment, changes: Partial<Training>): Change => ({
  experiment: { ...experiment, training: { ...experiment.training, ...changes } },
});

/** Index of the top-level layer from which on the prediction is made: the last dense layer and what follows it. */
function outputIndex(layers: readonly LayerConfig[]): number | null {
  const index = layers.findLastIndex(({ type }) => type === 'dense');
  const holds = layers.slice(index + 1).some((layer) => layer.layers !== undefined);
  return index === -1 || holds ? null : index;
}

export const isNonlinear = (activation: unknown): activation is ActivationConfig =>
  activation !== undefined && activation !== 'linear';

/**
 * Replaces every list of hidden layers (top level, and inside repeat and residual) by `edit` of it, innermost first.
 * The layers that make the prediction stay.
 */
export function editHidden(
  experiment: Experiment,
  edit: (layers: readonly LayerConfig[], repeated: boolean) => readonly LayerConfig[],
): Change {
  const { layers } = experiment.network;
  const output = outputIndex(layers);
  if (output === null)
    return {
      reason:
        'the last dense layer stands inside another layer, so the output cannot be told from the hidden layers',
    };
  const inside = (list: readonly LayerConfig[], repeated: boolean): readonly LayerConfig[] =>
    edit(
      list.map((layer) =>
        layer.layers === undefined
          ? layer
          : { ...layer, layers: inside(layer.layers, repeated || layer.type === 'repeat') },
      ),
      repeated,
    );
  const hidden = inside(layers.slice(0, output), false);
  return withLayers(experiment, [...hidden, ...layers.slice(output)]);
}

export const withLayers = (experiment: Experiment, layers: readonly LayerConfig[]): Change => ({
  experiment: { ...experiment, network: { ...experiment.network, layers: [...layers] } },
});

/** Every layer of this list and inside it, in order. */
export const everyLayer = (layers: readonly LayerConfig[]): LayerConfig[] =>
  layers.flatMap((layer) => [layer, ...everyLayer(layer.layers ?? [])]);

/** Another activation in every hidden layer that has one, with its kernel initializer where one is given. */
export function changeActivation(
  experiment: Experiment,
  activation: ActivationConfig,
  initializer?: string,
): Change {
  let changed = 0;
  const result = editHidden(experiment, (layers) =>
    layers.map((layer) => {
      if (!isNonlinear(layer.activation)) return layer;
      changed++;
      const kernel =
        initializer !== undefined && layer.type === 'dense' ? { kernel_initializer: initializer } : {};
      return { ...layer, activation, ...kernel };
    }),
  );
  return changed === 0 && 'experiment' in result ? { reason: 'no hidden layer has an activation' } : result;
}

/**
 * A normalization between every hidden dense layer and its activation: dense → norm → activation.
 * @param norm the layer to put in
 */
export function insertNormalization(experiment: Experiment, norm: LayerConfig): Change {
  const normalized = everyLayer(experiment.network.layers).some(({ type }) => type.endsWith('_norm'));
  if (normalized) return { reason: 'the network is normalized already' };
  let inserted = 0;
  const result = editHidden(experiment, (layers) =>
    layers.flatMap((layer, index) => {
      if (layer.type !== 'dense') return [layer];
      const activation = layer.activation;
      if (isNonlinear(activation)) {
        inserted++;
        return [{ ...layer, activation: 'linear' }, norm, { type: 'activation', activation }];
      }
      if (layers[index + 1]?.type !== 'activation') return [layer];
      inserted++;
      return [layer, norm];
    }),
  );
  return inserted === 0 && 'experiment' in result
    ? { reason: 'no hidden dense layer has an activation' }
    : result;
}

/** The initializer that keeps the signal's scale through this activation. */
export const fittingInitializer = (activation: unknown): string =>
  resolveActivation(isNonlinear(activation) ? activation : 'linear').initializer;

export const optimizerType = ({ training: { optimizer } }: Experiment): string =>
  typeof optimizer === 'string' ? optimizer : optimizer.type;
