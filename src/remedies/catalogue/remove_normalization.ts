/** @file No normalization where it takes more than it gives. */
import { type Experiment, isDegenerate, normalizationsOf } from '../../experiment/index.ts';
import type { LayerConfig } from '../../network/index.ts';
import { withLayers } from '../edit.ts';
import { defineRemedy } from '../remedy.ts';

/** Where they stand: those of too few numbers; without any, those that are another thing in inference than in training. */
function unwanted(experiment: Experiment): ReadonlySet<string> {
  const all = normalizationsOf(experiment);
  const few = all.filter(isDegenerate);
  const some = few.length > 0 ? few : all.filter(({ type }) => type === 'batch_norm');
  return new Set(some.map(({ pointer }) => pointer));
}

/** A branch that holds nothing else keeps it: without any layer it would be none. */
function without(layers: readonly LayerConfig[], removed: ReadonlySet<string>, list: string): LayerConfig[] {
  const kept = (_layer: LayerConfig, i: number): boolean => !removed.has(`${list}/${i}`);
  const isEmpty = !layers.some(kept);
  return layers.flatMap((layer, i) => {
    if (!isEmpty && !kept(layer, i)) return [];
    if (layer.layers === undefined) return [layer];
    return [{ ...layer, layers: without(layer.layers, removed, `${list}/${i}/layers`) }];
  });
}

export const removeNormalization = defineRemedy({
  remedy: 'remove_normalization',
  title: 'Remove the normalization that has too few numbers, or that inference lacks',
  rationale:
    'Of one number normalization leaves 0, of two only which is larger. Where there is so little to normalize, it hides what is to be learned.',
  sources: [
    'Wu & He 2018, arXiv:1803.08494',
    'Zhang et al. 2019, arXiv:1901.09321: training without normalization',
  ],
  treats: ['degenerate_normalization', 'inference_mismatch'],
  effort: 'architecture',
  change: (experiment) => {
    const removed = unwanted(experiment);
    return removed.size === 0
      ? { reason: 'every normalization has numbers enough, and is the same in inference' }
      : withLayers(experiment, without(experiment.network.layers, removed, '/network/layers'));
  },
});
