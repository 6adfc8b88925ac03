/** @file A hidden layer before the output. */
import { linearProducts } from '../../experiment/index.ts';
import type { LayerConfig } from '../../network/index.ts';
import { everyLayer, isAttention, isProduct, isRecurrent, withLayers } from '../edit.ts';
import { defineRemedy } from '../remedy.ts';
import { beforeNext } from '../rewire.ts';

/** Networks with so many layers have what it takes to bend. */
const DEEP = 3;

export const addHiddenLayer = defineRemedy({
  remedy: 'add_hidden_layer',
  title: 'Add a hidden layer of ReLU before the output',
  rationale:
    'Without a layer that bends, every class is cut off by a plane, and every value lies on one: more steps change nothing about it.',
  sources: [
    'Minsky & Papert 1969, Perceptrons: XOR',
    'Cybenko 1989, Approximation by superpositions of a sigmoidal function',
  ],
  treats: ['underfitting', 'loss_not_decreasing', 'slow_convergence'],
  effort: 'architecture',
  dose: { name: 'units', unit: 'units', values: [32, 128, 8] },
  change: (experiment, units) => {
    const { layers } = experiment.network;
    const output = layers.findLastIndex(({ type }) => type === 'dense');
    if (output === -1) return { reason: 'the output is not that of a dense layer' };
    const inner = everyLayer(layers.slice(0, output));
    if (inner.some((layer) => isRecurrent(layer) || isAttention(layer)))
      return { reason: 'its recurrent and attention layers bend already' };
    if (linearProducts(experiment) === null && inner.filter(isProduct).length >= DEEP)
      return { reason: `the network has ${DEEP} hidden layers already` };
    const hidden = { type: 'dense', units, activation: 'relu', kernel_initializer: 'he_normal' };
    return withLayers(experiment, [
      ...layers.slice(0, output),
      beforeNext(hidden as LayerConfig),
      ...layers.slice(output),
    ]);
  },
});
