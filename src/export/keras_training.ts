/** @file The training of an experiment in Keras: callbacks, class weights, `fit`. */
import { type Experiment, inputsOf, planExperiment } from '../experiment/index.ts';
import {
  describedArguments,
  heldOut,
  kerasArrays,
  preparation,
  targets,
  trainArguments,
} from './code_data.ts';
import { auxiliaryWeights, kerasSampleWeights, kerasWeights } from './code_loss.ts';
import { scheduleOf } from './code_schedule.ts';
import { indented, kerasStopping } from './code_stopping.ts';

function kerasCallback(steps: number, isScheduled: boolean, plateau: boolean): string {
  return [
    'class Steps(keras.callbacks.Callback):',
    '    def on_train_begin(self, logs=None):',
    `        self.k${isScheduled ? ', self.rate' : ''} = 0${isScheduled ? ', float(self.model.optimizer.learning_rate)' : ''}`,
    ...(isScheduled
      ? [
          '    def on_train_batch_begin(self, batch, logs=None):',
          '        self.model.optimizer.learning_rate = self.rate * factor(self.k)',
        ]
      : []),
    '    def on_train_batch_end(self, batch, logs=None):',
    '        self.k += 1',
    `        if self.k == ${steps}: self.model.stop_training = True`,
    ...(plateau ? ['    def on_epoch_end(self, epoch, logs=None): plateau.observe(logs["loss"])'] : []),
    '',
  ].join('\n');
}

/** Follows the compiled model: `train(x_train, y_train)` gives the history. */
export function kerasTraining(experiment: Experiment): string[] {
  const { steps, batch_size, steps_per_epoch } = planExperiment(experiment);
  const { lines, plateau } = scheduleOf(experiment, 1);
  const x = inputsOf(experiment).length === 1 ? 'x[0]' : 'x';
  const stops = Boolean(experiment.training.early_stopping);
  const outputs = auxiliaryWeights(experiment).length + 1;
  // Every output has the same targets, and samples the same weight for each.
  const each = (name: string) => (outputs === 1 ? name : `[${name}] * ${outputs}`);
  return [
    ...lines,
    ...preparation(experiment, kerasArrays),
    kerasCallback(steps, lines.length > 0, plateau),
    ...kerasStopping(experiment),
    describedArguments(experiment),
    `def train(${trainArguments(experiment)}):`,
    ...indented([
      'x = prepare(x_train)',
      ...targets(experiment, kerasArrays),
      ...kerasWeights(experiment),
      ...heldOut(experiment, kerasArrays),
      `return model.fit(\n    ${x}, ${each('y')}, batch_size=${batch_size}, epochs=${Math.ceil(steps / steps_per_epoch)}, ` +
        `shuffle=${experiment.data.shuffle ? 'True' : 'False'},${kerasSampleWeights(experiment, each)} callbacks=[Steps()${stops ? `, KeepBest(${x.replace('x', 'x_held')}, ${each('y_held')})` : ''}],\n)`,
    ]),
    '',
    `# history = train(${trainArguments(experiment)}); then model.predict(${inputsOf(experiment).length === 1 ? 'prepare(x)[0]' : 'prepare(x)'})${outputs === 1 ? '' : '[0]'}`,
  ];
}
