/** @file The training of an experiment in Keras: callbacks, class weights, `fit`. */
import { type Experiment, inputsOf, planExperiment, resolveLoss } from '../experiment/index.ts';
import {
  describedArguments,
  heldOut,
  kerasArrays,
  preparation,
  targets,
  trainArguments,
} from './code_data.ts';
import { classesOf } from './code_loss.ts';
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

/** Class weights as weights of samples, of mean 1: Keras divides by the number of samples, not by the sum of weights. */
function kerasWeights(experiment: Experiment): string[] {
  const { class_weights } = experiment.training;
  if (class_weights === null) return [];
  const isBinary = resolveLoss(experiment).target === 'binary';
  return [
    ...(class_weights === 'balanced'
      ? [
          `counts = np.bincount(y.astype("int64").ravel(), minlength=${classesOf(experiment)})`,
          'class_weights = np.where(counts > 0, y.size / (len(counts) * np.maximum(counts, 1)), 0)',
        ]
      : [`class_weights = np.array([${class_weights.join(', ')}])`]),
    `weights = class_weights[y.astype("int64")]${isBinary ? '.mean(-1)' : ''}`,
    'weights = weights / weights.mean()',
  ];
}

/** Follows the compiled model: `train(x_train, y_train)` gives the history. */
export function kerasTraining(experiment: Experiment): string[] {
  const { steps, batch_size, steps_per_epoch } = planExperiment(experiment);
  const { lines, plateau } = scheduleOf(experiment, 1);
  const x = inputsOf(experiment).length === 1 ? 'x[0]' : 'x';
  const weights = kerasWeights(experiment);
  const stops = Boolean(experiment.training.early_stopping);
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
      ...weights,
      ...heldOut(experiment, kerasArrays),
      `return model.fit(\n    ${x}, y, batch_size=${batch_size}, epochs=${Math.ceil(steps / steps_per_epoch)}, ` +
        `shuffle=${experiment.data.shuffle ? 'True' : 'False'},${weights.length > 0 ? ' sample_weight=weights,' : ''} callbacks=[Steps()${stops ? `, KeepBest(${x.replace('x', 'x_held')}, y_held)` : ''}],\n)`,
    ]),
    '',
    `# history = train(${trainArguments(experiment)}); then model.predict(${inputsOf(experiment).length === 1 ? 'prepare(x)[0]' : 'prepare(x)'})`,
  ];
}
