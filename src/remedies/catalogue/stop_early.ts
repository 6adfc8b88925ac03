/** @file Fewer steps. */
import { planExperiment } from '../../experiment/index.ts';
import { defineRemedy } from '../remedy.ts';

export const stopEarly = defineRemedy({
  remedy: 'stop_early',
  title: 'Stop earlier',
  rationale:
    'What all samples share is learned before what only some have: the validation loss is lowest in between.',
  sources: ['Prechelt 1998, Early stopping — but when?'],
  treats: ['overfitting'],
  effort: 'setting',
  dose: { name: 'share', unit: 'of the steps', values: [0.5, 0.2, 0.05] },
  change: (experiment, share) => {
    const { epochs: _epochs, ...training } = experiment.training;
    const steps = Math.max(1, Math.round(planExperiment(experiment).steps * share));
    return { experiment: { ...experiment, training: { ...training, steps } } };
  },
});
