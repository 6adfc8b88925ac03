/** @file Edits of an experiment that remedies are made of. Pure: what is given is never changed. */
import type { Experiment } from '../experiment/index.ts';
import {
  type ActivationConfig,
  familyOf,
  type InitializerConfig,
  type LayerConfig,
  type LayerType,
  optimizerKind,
  resolveActivation,
} from '../network/index.ts';
import type { Change } from './remedy.ts';
import { beforeNext, keepWiring } from './rewire.ts';

type Training = Experiment['training'];

export const withTraining = (experiment: Experiment, changes: Partial<Training>): Change => ({
  experiment: { ...experiment, training: { ...experiment.training, ...changes } },
});

/** The same optimizer with `factor` times the learning rate. */
export function scaleLearningRate(experiment: Experiment, factor: number): Change {
  const optimizer = optimizerKind.spellOut(experiment.training.optimizer);
  const learning_rate = Number((optimizer.learning_rate * factor).toPrecision(6));
  return withTraining(experiment, { optimizer: { ...optimizer, learning_rate } });
}

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

/** Every layer changed by itself, also those inside others, innermost first. */
export function mapLayers(experiment: Experiment, change: (layer: LayerConfig) => LayerConfig): Change {
  const map = (layers: readonly LayerConfig[]): LayerConfig[] =>
    layers.map((layer) =>
      change(layer.layers === undefined ? layer : { ...layer, layers: map(layer.layers) }),
    );
  return withLayers(experiment, map(experiment.network.layers));
}

/** Every layer of this list and inside it, in order. */
export const everyLayer = (layers: readonly LayerConfig[]): LayerConfig[] =>
  layers.flatMap((layer) => [layer, ...everyLayer(layer.layers ?? [])]);

export const isRecurrent = ({ type }: LayerConfig): boolean => familyOf(type) === 'recurrent';
export const isAttention = ({ type }: LayerConfig): boolean => familyOf(type) === 'attention';
export const isNormalization = ({ type }: LayerConfig): boolean => familyOf(type) === 'normalization';
/** A kernel times the input, and then an activation. */
export const isProduct = ({ type }: LayerConfig): boolean => familyOf(type) === 'product';

/** Another activation in every hidden layer that has one, or in every hidden product of a network without any. */
export const changeActivation = (
  experiment: Experiment,
  activation: ActivationConfig,
  initializer?: InitializerConfig | string,
): Change => keepWiring(experiment, (wired) => withActivation(wired, activation, initializer));

const typeOf = (activation: ActivationConfig): string | null =>
  typeof activation === 'string' ? activation : 'type' in activation ? activation.type : null;

/** The same as a remedy: not where every hidden layer has it already, in whatever form or with whatever kernels. */
export function useActivation(
  experiment: Experiment,
  activation: ActivationConfig,
  initializer?: InitializerConfig | string,
): Change {
  const { layers } = experiment.network;
  const own = everyLayer(layers.slice(0, outputIndex(layers) ?? 0)).flatMap((layer) =>
    isNonlinear(layer.activation) && !isRecurrent(layer) ? [typeOf(layer.activation)] : [],
  );
  const type = typeOf(activation);
  return own.length > 0 && own.every((one) => one === type)
    ? { reason: `every hidden activation is ${type} already` }
    : changeActivation(experiment, activation, initializer);
}

function withActivation(
  experiment: Experiment,
  activation: ActivationConfig,
  initializer?: InitializerConfig | string,
): Change {
  const change = (isChanged: (layer: LayerConfig) => boolean): { result: Change; changed: number } => {
    let changed = 0;
    const result = editHidden(experiment, (layers) =>
      layers.map((layer) => {
        if (!isChanged(layer)) return layer;
        changed++;
        const kernel =
          initializer !== undefined && isProduct(layer) ? { kernel_initializer: initializer } : {};
        return { ...layer, activation, ...kernel };
      }),
    );
    return { result, changed };
  };
  // Inside a loop the bounds of tanh keep the state from growing: that activation stays.
  const other = change((layer) => isNonlinear(layer.activation) && !isRecurrent(layer));
  if (other.changed > 0 || !('experiment' in other.result)) return other.result;
  const loops = everyLayer(experiment.network.layers).some(isRecurrent);
  const first = loops ? other : change(isProduct);
  return first.changed === 0 ? { reason: 'no hidden layer has an activation' } : first.result;
}

/** Replaces recurrent layers of some types by another type that takes the same options. */
export function changeRecurrent(experiment: Experiment, from: readonly LayerType[], to: LayerType): Change {
  const startsFrom = ({ type, inputs = [] }: LayerConfig) => from.includes(type) && inputs.length > 1;
  if (to === 'lstm' && everyLayer(experiment.network.layers).some(startsFrom))
    return {
      reason: 'a layer begins with the state of another one, of which an lstm has two and it has one',
    };
  let changed = 0;
  const replace = (layers: readonly LayerConfig[]): LayerConfig[] =>
    layers.map((layer) => {
      if (layer.layers !== undefined) return { ...layer, layers: replace(layer.layers) };
      // Of both directions.
      if (layer.type === 'bidirectional')
        return { ...layer, layer: replace([layer.layer as LayerConfig])[0] };
      if (!from.includes(layer.type)) return layer;
      changed++;
      const { activation: _activation, unit_forget_bias: _bias, ...shared } = layer;
      return { ...shared, type: to };
    });
  const layers = replace(experiment.network.layers);
  return changed === 0
    ? { reason: `the network has no ${from.join(' or ')} layer` }
    : withLayers(experiment, layers);
}

/**
 * A normalization between every hidden product and its activation: dense or convolution → norm → activation. Layer
 * normalization also after every recurrent layer, and before every attention (Xiong et al. 2020, arXiv:2002.04745).
 * @param norm the layer to put in
 */
export const insertNormalization = (experiment: Experiment, norm: LayerConfig): Change =>
  keepWiring(experiment, (wired) => withNormalization(wired, norm));

function withNormalization(experiment: Experiment, norm: LayerConfig): Change {
  const normalized = everyLayer(experiment.network.layers).some(isNormalization);
  if (normalized) return { reason: 'the network is normalized already' };
  let inserted = 0;
  const result = editHidden(experiment, (layers) =>
    layers.flatMap((layer, index) => {
      const layersWithNorm = normalize(layer, layers[index + 1], norm);
      if (layersWithNorm.some(({ type }) => type === norm.type)) inserted++;
      return layersWithNorm;
    }),
  );
  return inserted === 0 && 'experiment' in result
    ? { reason: 'no hidden layer has a place for a normalization' }
    : result;
}

/** The layer with `norm` put where it belongs, or the layer alone. */
function normalize(layer: LayerConfig, next: LayerConfig | undefined, norm: LayerConfig): LayerConfig[] {
  if (norm.type === 'layer_norm') {
    if (isRecurrent(layer)) return [layer, norm];
    if (isAttention(layer)) return (layer.inputs?.length ?? 1) > 1 ? [layer] : [beforeNext(norm), layer];
  }
  if (!isProduct(layer)) return [layer];
  const activation = layer.activation;
  if (isNonlinear(activation))
    return [{ ...layer, activation: 'linear' }, norm, { type: 'activation', activation }];
  return next?.type === 'activation' && next.inputs === undefined ? [layer, norm] : [layer];
}

/** The initializer that keeps the signal's scale through this activation. */
export const fittingInitializer = (activation: unknown): string =>
  resolveActivation(isNonlinear(activation) ? activation : 'linear').initializer;

export const optimizerType = ({ training: { optimizer } }: Experiment): string =>
  typeof optimizer === 'string' ? optimizer : optimizer.type;
