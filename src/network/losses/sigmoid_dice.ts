/** @file The Dice loss of masks, on logits. */
import { defineLoss } from './loss.ts';
import {
  buildOverlap,
  DICE,
  overlapConstant,
  overlapKeras,
  overlapOptions,
  overlapSlope,
  overlapTorch,
} from './overlap.ts';

export const sigmoidDice = defineLoss({
  type: 'sigmoid_dice',
  title: 'Sigmoid Dice',
  synonyms: ['dice_bce', 'bce_dice', 'dice_bce_loss', 'dice_loss_with_logits'],
  formula:
    '1 − (2 Σ p t + smooth) / (Σ p + Σ t + smooth), p = sigmoid(z); sums over the positions of a sample, of images and sequences for each channel or feature by itself, whose mean it is; plus cross_entropy times the mean binary cross-entropy',
  sources: [
    'Milletari et al. 2016, arXiv:1606.04797',
    'Isensee et al. 2021, nnU-Net: the sum with cross-entropy',
  ],
  options: overlapOptions,
  target: 'binary',
  output: 'logits',
  whole: true,
  build: (g, prediction, target, options) => buildOverlap(g, [prediction, target], DICE, options, true),
  slope: (prediction, target, options) => overlapSlope(prediction, target, DICE, options, true),
  constant: (column, _weights, options) =>
    overlapConstant(
      column.map((t) => [t]),
      [1],
      DICE,
      options,
    ),
  wholeConstant: (rows, shape, options) => overlapConstant(rows, shape, DICE, options),
  pytorch: (options) => overlapTorch(DICE, options, true),
  keras: (options) => overlapKeras(DICE, options, true),
});
