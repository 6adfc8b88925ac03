/** @file No hidden layers. */
import { familyOf, type LayerConfig } from '../../network/index.ts';
import { everyLayer, withLayers } from '../edit.ts';
import { defineRemedy } from '../remedy.ts';

/** What a plain stack of dense layers is made of, beside these; others see something in the data that a plane does not. */
const plainFamilies: ReadonlySet<string> = new Set(['elementwise', 'noise', 'normalization']);
/** They only change the place of numbers. */
const places: ReadonlySet<string> = new Set(['flatten', 'reshape', 'permute']);

const isDense = ({ type }: LayerConfig): boolean => type === 'dense';
const isPlain = ({ type }: LayerConfig): boolean =>
  ['dense', 'repeat', 'residual'].includes(type) || places.has(type) || plainFamilies.has(familyOf(type));

/** The layers before the first hidden one, which prepare the inputs, and behind it what only moves numbers. */
function prepared(hidden: readonly LayerConfig[]): LayerConfig[] {
  const first = hidden.findIndex((layer) => everyLayer([layer]).some(isDense));
  return hidden.filter(({ type }, i) => i < first || places.has(type));
}

export const removeHiddenLayers = defineRemedy({
  remedy: 'remove_hidden_layers',
  title: 'Remove the hidden layers',
  rationale:
    'Where samples are few and noisy, one plane may be all that they can tell: a linear model has no room for what only the samples have.',
  sources: ['Hastie et al. 2009, The Elements of Statistical Learning, sections 2.9 and 7.3'],
  treats: ['overfitting'],
  effort: 'architecture',
  change: (experiment) => {
    const { layers } = experiment.network;
    const output = layers.findLastIndex(({ type }) => type === 'dense');
    const hidden = layers.slice(0, Math.max(0, output));
    if (!everyLayer(hidden).every(isPlain))
      return { reason: 'the network is no plain stack of dense layers' };
    if (!everyLayer(hidden).some(isDense)) return { reason: 'the network has no hidden layer' };
    return withLayers(experiment, [...prepared(hidden), ...layers.slice(output)]);
  },
});
