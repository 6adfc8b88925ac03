/** @file The folder's door: what theory says of an experiment before it is trained. */
export { type LayerForecast, type Prediction, predict } from './theory/predict.ts';
