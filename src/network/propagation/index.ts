/** @file The folder's door: mean-field theory of single layers, what each does to the moments of values and gradients. */
export { expectations, moments } from './expectations.ts';
export { density } from './gaussian.ts';
export { gainOf, sumJunction } from './junction.ts';
export type { Curve } from './kinks.ts';
export {
  alongValues,
  type Covariance,
  combined,
  diagonalMean,
  type Gradient,
  incoherent,
  largestRms,
  MAX_FLOAT32,
  measured,
  pairwise,
  product,
  type Signal,
  scaled,
  sizeOf,
  sum,
  wholeOf,
} from './signal.ts';
export {
  activate,
  type Backward,
  isNotReached,
  type NotReached,
  type Transfer,
  type Visitor,
} from './transfer.ts';
export { type WeightMoments, weightMoments } from './weights.ts';
