/** @file A learning rate that rises over the first tenth of the steps. */
import { planExperiment, withLength } from '../../experiment/index.ts';
import { withTraining } from '../edit.ts';
import { defineRemedy } from '../remedy.ts';

const SHARE = 0.1;

export const warmUpLearningRate = defineRemedy({
  remedy: 'warm_up_learning_rate',
  title: 'Warm the learning rate up over the first tenth of the steps',
  rationale: 'The first gradients are the largest and the least to be trusted: short steps get past them.',
  sources: ['Goyal et al. 2017, arXiv:1706.02677', 'Xiong et al. 2020, arXiv:2002.04745'],
  treats: [
    'exploding_gradient',
    'non_finite_values',
    'dead_units',
    'update_ratio',
    'unstable_loss',
    'loss_not_decreasing',
    'sharpness',
  ],
  effort: 'setting',
  change: (experiment) => {
    const schedule = experiment.training.learning_rate_schedule;
    if (schedule === 'linear_warmup' || (typeof schedule !== 'string' && schedule.type === 'linear_warmup'))
      return { reason: 'it is warmed up already' };
    const { steps } = planExperiment(experiment);
    const warmup_steps = Math.max(1, Math.round(SHARE * steps));
    // What follows has fewer steps left.
    const left = Math.max(1, steps - warmup_steps);
    const after = withLength(experiment, { steps: left }).training.learning_rate_schedule as typeof schedule;
    return withTraining(experiment, {
      learning_rate_schedule: { type: 'linear_warmup', warmup_steps, after },
    });
  },
});
