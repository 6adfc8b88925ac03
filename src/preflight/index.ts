/** @file The folder's door: what theory says of activations and of experiments before they are trained. */
export { comparePrediction } from './comparison.ts';
export { comparedSchema, forecastFields } from './schema.ts';
export { compareActivations } from './theory/compare.ts';
export { type Prediction, predict } from './theory/predict.ts';
export { theorySummary } from './theory/summary.ts';
export { tailorActivation } from './theory/tailor.ts';
