/** @file Early stopping in generated code: the weights of the lowest validation loss are kept. */
import type { Experiment } from '../experiment/index.ts';

export const indented = (lines: readonly string[]): string[] =>
  lines.flatMap((line) => line.split('\n').map((part) => `    ${part}`));

/** Python that counts measurements without a lower validation loss: `waited` and `best` are the names that it is given. */
const waitsTooLong = (patience: number | null, waited: string): string | null =>
  patience === null ? null : `${waited} == ${patience}`;

/** At the end of a step: keeps the best weights, and leaves the loop where the loss stays above theirs. */
export function torchStopping({ training: { early_stopping } }: Experiment): string[] {
  if (!early_stopping) return [];
  const end = waitsTooLong(early_stopping.patience, 'waited');
  return [
    `if (step + 1) % ${early_stopping.check_every} == 0:`,
    ...indented([
      'model.eval()',
      'with torch.no_grad(): held_loss = loss_function(model(*x_held), y_held).item()',
      'model.train()',
      'waited += 1',
      'if held_loss < best:',
      ...indented([
        'best, waited = held_loss, 0',
        'kept = {name: value.clone() for name, value in model.state_dict().items()}',
      ]),
      ...(end === null ? [] : [`if ${end}: break`]),
    ]),
  ];
}

/** Keras has no early stopping by steps. Its validation loss holds the penalty, where there is one. */
export function kerasStopping({ training: { early_stopping } }: Experiment): string[] {
  if (!early_stopping) return [];
  const end = waitsTooLong(early_stopping.patience, 'self.waited');
  return [
    [
      'class KeepBest(keras.callbacks.Callback):',
      '    def __init__(self, x, y):',
      '        super().__init__()',
      '        self.x, self.y, self.k, self.best, self.waited, self.kept = x, y, 0, float("inf"), 0, None',
      '    def on_train_batch_end(self, batch, logs=None):',
      '        self.k += 1',
      `        if self.k % ${early_stopping.check_every} > 0: return`,
      '        held_loss = self.model.evaluate(self.x, self.y, verbose=0, return_dict=True)["loss"]',
      '        self.waited += 1',
      '        if held_loss < self.best:',
      '            self.best, self.waited, self.kept = held_loss, 0, self.model.get_weights()',
      ...(end === null ? [] : [`        if ${end}: self.model.stop_training = True`]),
      '    def on_train_end(self, logs=None):',
      '        if self.kept is not None: self.model.set_weights(self.kept)',
      '',
    ].join('\n'),
  ];
}
