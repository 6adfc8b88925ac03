/** @file The Dice loss of masks, on probabilities. */
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

export const dice = defineLoss({
  type: 'dice',
  title: 'Dice',
  synonyms: ['dice_loss', 'dice_coefficient', 'soft_dice', 'f1_loss'],
  formula:
    '1 − (2 Σ p t + smooth) / (Σ p + Σ t + smooth); sums over the positions of a sample, of images and sequences for each channel or feature by itself, whose mean it is; plus cross_entropy times the mean binary cross-entropy',
  sources: ['Milletari et al. 2016, arXiv:1606.04797', 'MONAI, monai.losses.DiceLoss'],
  options: overlapOptions,
  target: 'binary',
  output: 'probabilities',
  whole: true,
  build: (g, prediction, target, options) => buildOverlap(g, [prediction, target], DICE, options, false),
  slope: (prediction, target, options) => overlapSlope(prediction, target, DICE, options, false),
  constant: (column, _weights, options) =>
    overlapConstant(
      column.map((t) => [t]),
      [1],
      DICE,
      options,
    ),
  wholeConstant: (rows, shape, options) => overlapConstant(rows, shape, DICE, options),
  pytorch: (options) => overlapTorch(DICE, options, false),
  keras: (options) => overlapKeras(DICE, options, false),
});
