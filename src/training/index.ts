/** @file The folder's door: a training, from experiment and seed to Trace. */
export type { Snapshots } from './snapshot.ts';
export { type TrainOptions, train } from './train.ts';
