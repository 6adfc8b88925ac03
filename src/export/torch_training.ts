/** @file The training loop of an experiment in PyTorch: batches, class weights, schedule, steps. */
import { type Experiment, planExperiment } from '../experiment/index.ts';
import { clippingKind } from '../network/index.ts';
import {
  describedArguments,
  heldOut,
  preparation,
  targets,
  torchArrays,
  trainArguments,
} from './code_data.ts';
import { auxiliaryWeights, hasPenalty, torchBalance } from './code_loss.ts';
import { scheduleOf } from './code_schedule.ts';
import { indented, torchStopping } from './code_stopping.ts';
import { isScaledOnData } from './torch_initialization.ts';

/** Epochs end to end, cut into batches of one size, as the service has them. */
const torchOrder = (shuffle: boolean): string => `def sample_order(count):
    while True: yield from ${shuffle ? 'torch.randperm(count).tolist()' : 'range(count)'}
`;

/** Follows the model, its loss and its optimizer: `train(x_train, y_train)` gives the loss of each step. */
export function torchTraining(experiment: Experiment): string[] {
  const { training, data } = experiment;
  const { steps, batch_size, steps_per_epoch } = planExperiment(experiment);
  const clipping =
    training.gradient_clipping === null ? null : clippingKind.resolve(training.gradient_clipping).pytorch;
  const { l1, l2 } = training.regularization;
  const schedule = scheduleOf(experiment, steps_per_epoch);
  const isScheduled = schedule.lines.length > 0;
  return [
    ...schedule.lines,
    ...preparation(experiment, torchArrays),
    torchOrder(data.shuffle),
    describedArguments(experiment),
    `def train(${trainArguments(experiment)}):`,
    ...indented([
      'from torch.utils.data import DataLoader, TensorDataset',
      'x = prepare(x_train)',
      ...targets(experiment, torchArrays),
      ...torchBalance(experiment),
      ...heldOut(experiment, torchArrays),
      ...(training.early_stopping ? ['best, waited, kept = float("inf"), 0, None'] : []),
      `batches = DataLoader(TensorDataset(*x, y), batch_size=min(${batch_size}, len(y)), sampler=sample_order(len(y)))`,
      ...(isScheduled ? ['schedule = torch.optim.lr_scheduler.LambdaLR(optimizer, factor)'] : []),
      'losses = []',
      'model.train()',
      `for step, (*inputs, target) in zip(range(${steps}), batches):`,
      ...indented([
        ...(isScaledOnData(experiment)
          ? ['if step == 0: scale_to_unit_variance(model, scaled, inputs)']
          : []),
        'optimizer.zero_grad()',
        `loss = loss_function(model(*inputs), target)${l1 > 0 || l2 > 0 || hasPenalty(experiment) ? ' + penalty()' : ''}${auxiliaryWeights(experiment).length > 0 ? ' + auxiliary(target)' : ''}`,
        'loss.backward()',
        ...(clipping === null ? [] : [clipping]),
        'optimizer.step()',
        'losses.append(loss.item())',
        ...(schedule.plateau ? ['plateau.observe(losses[-1])'] : []),
        ...(isScheduled ? ['schedule.step()'] : []),
        ...torchStopping(experiment),
      ]),
      ...(training.early_stopping ? ['if kept is not None: model.load_state_dict(kept)'] : []),
      'model.eval()',
      'return losses',
    ]),
    '',
    `# losses = train(${trainArguments(experiment)}); then model(*prepare(x)) predicts`,
  ];
}
