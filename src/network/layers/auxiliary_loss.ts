/** @file A second output, which is held against the same targets while the network trains. */
import { z } from 'zod';
import { calculus as c, type Tensor } from '../../graph/index.ts';
import { defineLayer } from './layer.ts';
import { shapeText } from './merge.ts';

export const auxiliaryLoss = defineLayer({
  type: 'auxiliary_loss',
  family: 'merge',
  title: 'Loss of a second output',
  synonyms: ['auxiliary_output', 'auxiliary_classifier', 'deep_supervision', 'auxiliary_head'],
  formula:
    'y = x₁; in training the loss of x₂ against the same targets, times weight, is added to the loss; both are as the prediction is',
  sources: ['Szegedy et al. 2014, arXiv:1409.4842, section 5', 'Lee et al. 2015, arXiv:1409.5185'],
  options: {
    weight: z
      .number()
      .min(0)
      .max(1e6)
      .default(0.3)
      .describe('What the loss of the second output is multiplied with'),
  },
  arity: [2, 2],
  inert: () => true,
  mask: ({ masks: [mask = null] }) => mask,
  maskCode: ({ masks: [mask = null] }) => ({ argument: null, gives: mask }),
  build(context, x, { weight }) {
    const { g, inputs } = context;
    const other = inputs[1] as Tensor;
    if (other.shape.join() !== x.shape.join())
      g.refuse(
        `its second input ${shapeText(other)} is not as its first, ${shapeText(x)}: both are held against the same targets`,
        'end the second output with as many units',
      );
    context.judge(other, weight);
    // A tensor of its own: the gradient at it is that of what follows.
    return c.mul(g, x, g.constant(1));
  },
  theory: 'it merges several layers',
  junction: () => ({ reason: 'it adds a loss, whose gradient is not followed' }),
  code: ({ weight }) => ({ pytorch: [`AuxiliaryLoss(${weight})`], keras: ['First()'] }),
});
