/** @file Control arms: changes that should not help. What they do is what chance can do. */
import type { Experiment } from '../experiment/index.ts';
import { type Patch, patchBetween } from '../remedies/index.ts';

export interface Control {
  readonly control: string;
  readonly title: string;
  readonly experiment: Experiment;
  readonly seeds: readonly number[];
  readonly patch: Patch;
}

/** Far from the seeds of the study and of the recommendation's proof. */
const RESEED_OFFSET = 1_000_003;

/** A tenth more learning rate: a change as small as noise. */
const LEARNING_RATE_FACTOR = 1.1;

export function createControls(experiment: Experiment, seeds: readonly number[]): Control[] {
  const optimizer = experiment.training.optimizer as { learning_rate: number };
  const learning_rate = Number((optimizer.learning_rate * LEARNING_RATE_FACTOR).toPrecision(6));
  const faster: Experiment = {
    ...experiment,
    training: { ...experiment.training, optimizer: { ...optimizer, learning_rate } as never },
  };
  return [
    {
      control: 'control_reseed',
      title: 'The same experiment with other seeds (unpaired)',
      experiment,
      seeds: seeds.map((seed) => seed + RESEED_OFFSET),
      patch: [],
    },
    {
      control: 'control_learning_rate',
      title: 'Learning rate × 1.1',
      experiment: faster,
      seeds,
      patch: patchBetween(experiment, faster),
    },
  ];
}
