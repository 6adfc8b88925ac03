/** @file Residual connections around the hidden layers. */

import { type Experiment, placedLayers } from '../../experiment/index.ts';
import { type LayerConfig, sourceName } from '../../network/index.ts';
import { editHidden, everyLayer, isAttention, isNormalization, isProduct, isRecurrent } from '../edit.ts';
import { defineRemedy } from '../remedy.ts';

const isBranch = (layer: LayerConfig | undefined): boolean =>
  layer !== undefined &&
  layer.inputs === undefined &&
  (isNormalization(layer) || layer.type === 'activation' || layer.type === 'dropout');

/** Layers that a residual connection goes around: what they give has the time, or the height and width, that they got. */
function isBody(layer: LayerConfig): boolean {
  if ((layer.inputs?.length ?? 1) > 1) return false;
  if (layer.type === 'dense' || isAttention(layer)) return true;
  if (isRecurrent(layer)) return layer.return_sequences === true;
  return isProduct(layer) && layer.padding === 'same';
}

/** Such a layer goes into a residual with the normalization, activation and dropout that follow it. */
function wrap(layers: readonly LayerConfig[], layer: LayerConfig, index: number): LayerConfig[] {
  if (!isBody(layer)) {
    const owner = layers.slice(0, index).findLastIndex(isBody);
    const owned = isBranch(layer) && owner !== -1 && layers.slice(owner + 1, index).every(isBranch);
    return owned ? [] : [layer];
  }
  const end = layers.findIndex((other, i) => i > index && !isBranch(other));
  const branch = layers.slice(index, end === -1 ? layers.length : end);
  return [{ type: 'residual', kernel_initializer: 'glorot_uniform', layers: branch }];
}

/** Whether a sum takes something together with what was made of it: a residual connection in a network that is wired by names. */
function isSkipped(experiment: Experiment): boolean {
  const layers = placedLayers(experiment);
  if (layers.every(({ type }) => type !== 'add')) return false;
  const sources = new Map(layers.map((layer) => [layer.name, layer.inputs.map(sourceName)]));
  const behind = new Map<string, ReadonlySet<string>>();
  for (const [name, inputs] of sources)
    behind.set(name, new Set(inputs.flatMap((input) => [input, ...(behind.get(input) ?? [])])));
  return layers.some(({ type, inputs }) => {
    const names = inputs.map(sourceName);
    return type === 'add' && names.some((name) => names.some((other) => behind.get(other)?.has(name)));
  });
}

export const addResidualConnections = defineRemedy({
  remedy: 'add_residual_connections',
  title: 'Add residual connections around the hidden layers',
  rationale: 'The sum with the input gives the gradient a way past every layer.',
  sources: ['He et al. 2016, arXiv:1512.03385'],
  treats: [
    'vanishing_gradient',
    'rank_collapse',
    'unchanged_parameters',
    'loss_not_decreasing',
    'underfitting',
    'slow_convergence',
  ],
  effort: 'architecture',
  change: (experiment) => {
    if (
      everyLayer(experiment.network.layers).some(({ type }) => type === 'residual') ||
      isSkipped(experiment)
    ) {
      return { reason: 'the network has residual connections already' };
    }
    return editHidden(experiment, (layers) => layers.flatMap((layer, index) => wrap(layers, layer, index)));
  },
});
