/** @file A usual learning rate for an optimizer that has one. */
import { optimizerKind } from '../../network/index.ts';
import { withTraining } from '../edit.ts';
import { defineRemedy } from '../remedy.ts';

/** Their steps have the size of the rate, whatever that of the gradient: what is usual for one network is so for most. */
const RATED = ['adam', 'adamw', 'nadam', 'rmsprop'];
/** Learning rates that differ by a smaller factor do the same. */
const SAME = 2;

export const setLearningRate = defineRemedy({
  remedy: 'set_learning_rate',
  title: 'Set the learning rate to a usual one',
  rationale:
    'Adam and its kin divide by the running size of each gradient, so that every step is about as long as the rate says: between 0.001 ' +
    'and 0.01 most networks learn.',
  sources: ['Kingma & Ba 2015, arXiv:1412.6980, section 2.1'],
  treats: [
    'update_ratio',
    'unchanged_parameters',
    'slow_convergence',
    'unstable_loss',
    'exploding_gradient',
    'non_finite_values',
    'vanishing_gradient',
    'dead_units',
    'saturated_units',
    'sharpness',
    'loss_not_decreasing',
    'underfitting',
    'unscaled_targets',
  ],
  effort: 'setting',
  dose: { name: 'learning_rate', unit: 'per step', values: [0.001, 0.003, 0.01] },
  change: (experiment, learning_rate) => {
    const optimizer = optimizerKind.spellOut(experiment.training.optimizer);
    if (!RATED.includes(optimizer.type))
      return { reason: `what is a usual learning rate of ${optimizer.type} depends on the network` };
    const factor = Math.max(optimizer.learning_rate / learning_rate, learning_rate / optimizer.learning_rate);
    return factor < SAME
      ? { reason: `the learning rate is ${optimizer.learning_rate} already` }
      : withTraining(experiment, { optimizer: { ...optimizer, learning_rate } });
  },
});
