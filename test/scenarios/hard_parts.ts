/** @file What hard scenarios are made of. */
import { at, rows } from './numbers.ts';
import {
  adam,
  type Config,
  classifier,
  type Draft,
  dense,
  he,
  type NetworkFamily,
  type Task,
  tasks,
} from './scenario.ts';

const { iris, digits, friedman } = tasks;

export const hard = (
  name: string,
  config: Config,
  twin: Config,
  network: NetworkFamily = 'dense',
): Draft => ({
  name: `hard/${name}`,
  network,
  experiment: config,
  sickness: { rules: [], layers: null, twin },
});

export const relu = (units: number) => dense(units, 'relu', he);
export const on = (task: Task, data: Config): Task => ({ ...task, data: { ...task.data, ...data } });
export const drop = (rate: number): Config => ({ type: 'dropout', rate });
export const norm = (momentum: number): Config => ({ type: 'batch_norm', momentum });
export const act = (activation: string): Config => ({ type: 'activation', activation });

/** A plain learner that is known to learn the task. */
export const plain = (task: Task, training: Config = {}): Config =>
  classifier(task, [relu(32), relu(32)], adam(0.01), training);

export const image: Task = { ...digits, shape: [1, 8, 8] };
export const conv = (filters: number, activation: string, more: Config = {}): Config => ({
  type: 'conv2d',
  filters,
  kernel_size: 3,
  padding: 'same',
  activation,
  ...more,
});
export const flat: Config = { type: 'flatten' };
export const plainImage = classifier(image, [conv(8, 'relu', he), flat], adam(0.005), { steps: 150 });
export const normed = (units: number, momentum: number): Config[] => [
  dense(units),
  norm(momentum),
  act('relu'),
];
/** Clouds one after the other. */
export function ordered(classes: number, samples: number, shuffle: boolean): Task {
  const label = (i: number) => Math.floor((i * classes) / samples);
  const inputs = rows(samples, 3).map((row, i) => [
    at(row, 0) + 5 * Math.cos(2 * Math.PI * (label(i) / classes)),
    at(row, 1) + 5 * Math.sin(2 * Math.PI * (label(i) / classes)),
    at(row, 2),
  ]);
  return {
    ...iris,
    data: { type: 'inline', inputs, targets: inputs.map((_, i) => label(i)), shuffle, validation_split: 0 },
    shape: [3],
    outputs: classes,
  };
}
const shifted = (offset: number, scale: number, samples = 400): Config => {
  const inputs = rows(samples, 3);
  const value = (row: readonly number[]) => Math.sin(2 * at(row, 0)) + at(row, 1) * 0.7;
  return { inputs, targets: inputs.map((row) => offset + scale * value(row)) };
};
export const curve = (offset: number, scale: number, more: Config = {}): Task => ({
  ...friedman,
  data: { type: 'inline', ...shifted(offset, scale), ...more },
  shape: [3],
});
