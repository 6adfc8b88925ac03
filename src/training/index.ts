/** @file The folder's door: a training, from experiment and seed to Trace. */
export { exportOnnx } from './export.ts';
export { type TrainOptions, train } from './train.ts';
