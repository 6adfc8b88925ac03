/** @file The loss of intersection over union of masks, on probabilities. */
import { defineLoss } from './loss.ts';
import { IOU, overlapLoss } from './overlap.ts';

export const iou = defineLoss({
  type: 'iou',
  title: 'Intersection over union (Jaccard)',
  synonyms: ['jaccard', 'jaccard_loss', 'iou_loss', 'soft_iou'],
  formula:
    '1 − (Σ p t + smooth) / (Σ p + Σ t − Σ p t + smooth); sums over the positions of a sample, of images and sequences for each channel or feature by itself, whose mean it is; plus cross_entropy times the mean binary cross-entropy',
  sources: [
    'Rahman & Wang 2016, Optimizing intersection-over-union in deep neural networks for image segmentation',
  ],
  ...overlapLoss(IOU, 'probabilities'),
});
