/** @file Every loss of one output. A new one is a file beside this and a line here. */
import { defineKind } from '../../util/kind.ts';
import { binaryCrossEntropy } from './binary_cross_entropy.ts';
import { categoricalCrossEntropy } from './categorical_cross_entropy.ts';
import { dice } from './dice.ts';
import { hinge } from './hinge.ts';
import { huber } from './huber.ts';
import { iou } from './iou.ts';
import { klDivergence } from './kl_divergence.ts';
import { logCosh } from './log_cosh.ts';
import { meanAbsoluteError } from './mean_absolute_error.ts';
import { meanSquaredError } from './mean_squared_error.ts';
import { poisson } from './poisson.ts';
import { quantile } from './quantile.ts';
import { quantiles } from './quantiles.ts';
import { sigmoidCrossEntropy } from './sigmoid_cross_entropy.ts';
import { sigmoidDice } from './sigmoid_dice.ts';
import { sigmoidFocalCrossEntropy } from './sigmoid_focal_cross_entropy.ts';
import { sigmoidIou } from './sigmoid_iou.ts';
import { softmaxCrossEntropy } from './softmax_cross_entropy.ts';
import { softmaxFocalCrossEntropy } from './softmax_focal_cross_entropy.ts';

export const singleLosses = [
  meanSquaredError,
  meanAbsoluteError,
  huber,
  binaryCrossEntropy,
  categoricalCrossEntropy,
  sigmoidCrossEntropy,
  softmaxCrossEntropy,
  poisson,
  klDivergence,
  hinge,
  logCosh,
  sigmoidFocalCrossEntropy,
  softmaxFocalCrossEntropy,
  quantile,
  quantiles,
  dice,
  sigmoidDice,
  iou,
  sigmoidIou,
] as const;

export const singleKind = defineKind(singleLosses);
