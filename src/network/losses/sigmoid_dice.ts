/** @file The Dice loss of masks, on logits. */
import { defineLoss } from './loss.ts';
import { DICE, overlapLoss } from './overlap.ts';

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
  ...overlapLoss(DICE, 'logits'),
});
