/** @file The Dice loss of masks, on probabilities. */
import { defineLoss } from './loss.ts';
import { DICE, overlapLoss } from './overlap.ts';

export const dice = defineLoss({
  type: 'dice',
  title: 'Dice',
  synonyms: ['dice_loss', 'dice_coefficient', 'soft_dice', 'f1_loss'],
  formula:
    '1 − (2 Σ p t + smooth) / (Σ p + Σ t + smooth); sums over the positions of a sample, of images and sequences for each channel or feature by itself, whose mean it is; plus cross_entropy times the mean binary cross-entropy',
  sources: ['Milletari et al. 2016, arXiv:1606.04797', 'MONAI, monai.losses.DiceLoss'],
  ...overlapLoss(DICE, 'probabilities'),
});
