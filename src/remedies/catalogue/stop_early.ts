/** @file The weights of the lowest validation loss instead of the last ones. */
import { planExperiment } from '../../experiment/index.ts';
import { withTraining } from '../edit.ts';
import { defineRemedy } from '../remedy.ts';

/** Measurements in a training, and the share of its passes that they may take. */
const [MEASUREMENTS, SHARE] = [50, 0.1];
/** A step is a pass forwards and one backwards, which costs twice as much. */
const PASSES_PER_STEP = 3;

export const stopEarly = defineRemedy({
  remedy: 'stop_early',
  title: 'Keep the weights of the lowest validation loss',
  rationale:
    'What all samples share is learned before what only some have: the validation loss is lowest in between.',
  sources: ['Prechelt 1998, Early stopping — but when?'],
  treats: ['overfitting'],
  effort: 'setting',
  dose: { name: 'patience', unit: 'measurements without a lower validation loss', values: [10, 3] },
  change: (experiment, patience) => {
    const { steps, batch_size, validation_samples } = planExperiment(experiment);
    if (validation_samples === 0) return { reason: 'there is no validation split' };
    if (experiment.training.early_stopping) return { reason: 'it stops early already' };
    const affordable = validation_samples / (SHARE * PASSES_PER_STEP * batch_size);
    const check_every = Math.min(steps, Math.max(1, Math.ceil(steps / MEASUREMENTS), Math.ceil(affordable)));
    return withTraining(experiment, { early_stopping: { check_every, patience } });
  },
});
