/** @file No hidden layers. */
import { everyLayer, withLayers, withTraining } from '../edit.ts';
import { defineRemedy } from '../remedy.ts';

/** What a plain stack of dense layers is made of; others see something in the data that a plane does not. */
const plain: ReadonlySet<string> = new Set([
  ...['dense', 'activation', 'dropout', 'gaussian_noise', 'batch_norm', 'layer_norm', 'repeat', 'residual'],
  'flatten',
]);

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
    if (!everyLayer(hidden).every(({ type }) => plain.has(type)))
      return { reason: 'the network is no plain stack of dense layers' };
    if (!everyLayer(hidden).some(({ type }) => type === 'dense'))
      return { reason: 'the network has no hidden layer' };
    const rest = [...hidden.filter(({ type }) => type === 'flatten'), ...layers.slice(output)];
    const changed = withLayers(experiment, rest);
    return 'reason' in changed ? changed : withTraining(changed.experiment, { initial_weights: null });
  },
});
