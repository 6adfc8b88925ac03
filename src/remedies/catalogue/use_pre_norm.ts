/** @file Normalization inside the branches instead of on the way past them. */
import type { LayerConfig } from '../../network/index.ts';
import { editHidden, isNormalization } from '../edit.ts';
import { defineRemedy } from '../remedy.ts';

const isPostNorm = (layer: LayerConfig | undefined, next: LayerConfig | undefined): boolean =>
  layer?.type === 'residual' &&
  next !== undefined &&
  next.inputs === undefined &&
  isNormalization(next) &&
  !(layer.layers?.[0] !== undefined && isNormalization(layer.layers[0]));

/** residual, norm → residual with the norm at the head of its branch. */
function moveNorms(layers: readonly LayerConfig[]): LayerConfig[] {
  return layers.flatMap((layer, index) => {
    const [before, next] = [layers[index - 1], layers[index + 1]];
    if (isPostNorm(before, layer)) return [];
    return isPostNorm(layer, next)
      ? [{ ...layer, layers: [next as LayerConfig, ...(layer.layers ?? [])] }]
      : [layer];
  });
}

/** A norm that stands behind a residual connection; null where none does. */
function postNorm(layers: readonly LayerConfig[]): LayerConfig | null {
  const norm = layers.find((layer, index) => isPostNorm(layers[index - 1], layer));
  if (norm !== undefined) return norm;
  return layers.reduce<LayerConfig | null>((found, layer) => found ?? postNorm(layer.layers ?? []), null);
}

export const usePreNorm = defineRemedy({
  remedy: 'use_pre_norm',
  title: 'Normalize inside the residual branches',
  rationale:
    'A norm behind the sum stands in the way of the gradient in every layer; inside the branch it leaves the way past free.',
  sources: ['Xiong et al. 2020, arXiv:2002.04745', 'He et al. 2016, arXiv:1603.05027'],
  treats: [
    'vanishing_gradient',
    'exploding_gradient',
    'non_finite_values',
    'unstable_loss',
    'sharpness',
    'underfitting',
    'slow_convergence',
    'loss_not_decreasing',
  ],
  effort: 'architecture',
  change: (experiment) => {
    const norm = postNorm(experiment.network.layers);
    if (norm === null) return { reason: 'no normalization stands behind a residual connection' };
    const { name: _name, ...last } = norm;
    const moved = editHidden(experiment, moveNorms);
    if ('reason' in moved) return moved;
    const { layers } = moved.experiment.network;
    // The sum of all branches is normalized once, where the stack ends.
    const holds = (layer: LayerConfig): boolean =>
      layer.type === 'residual' || (layer.layers ?? []).some(holds);
    const end = layers.findLastIndex(holds) + 1;
    const ended = [...layers.slice(0, end), last as LayerConfig, ...layers.slice(end)];
    return { experiment: { ...experiment, network: { ...experiment.network, layers: ended } } };
  },
});
