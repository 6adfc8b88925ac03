/** @file Data that a design search never sees: what was found on one problem is tried on another. */
import type { DataConfig } from '../data/index.ts';
import { type Experiment, parseExperiment, planExperiment } from '../experiment/index.ts';
import { copyOf } from '../util/json.ts';

/** Built-in sets in the order in which they are tried, as wide as the network's input and output. */
function offers(inputs: number, outputs: number): readonly Record<string, unknown>[] {
  return [
    { type: 'circles', noise: 0.1 },
    { type: 'moons', noise: 0.1 },
    { type: 'spirals', classes: Math.max(2, outputs) },
    { type: 'digits' },
    { type: 'iris' },
    { type: 'wine' },
    { type: 'breast_cancer' },
    { type: 'friedman' },
    { type: 'diabetes' },
    { type: 'sine' },
    { type: 'teacher', features: inputs, outputs },
    // Clusters that overlap: with the usual spread every network separates them.
    { type: 'blobs', features: inputs, centers: Math.max(2, outputs), std: 5 },
    { type: 'parity', length: inputs },
    { type: 'adding_problem', length: inputs },
    { type: 'copy_memory' },
  ];
}

/** The experiment on other data, or null where they do not fit its network and loss. */
function on(experiment: Experiment, data: unknown): Experiment | null {
  const parsed = parseExperiment(copyOf({ ...experiment, data }));
  return parsed.ok ? parsed.value.experiment : null;
}

/** The experiment on the data that were asked for, else on the first of the built-in sets that is another one and fits. */
export function onSecondData(experiment: Experiment, asked: DataConfig | null): Experiment | null {
  if (asked !== null) return on(experiment, asked);
  const { layers } = planExperiment(experiment);
  const outputs = layers.at(-1)?.output_shape.at(-1) ?? 1;
  const input = 'input' in experiment.network ? experiment.network.input : undefined;
  const inputs = (input?.shape ?? []).reduce((product, size) => product * size, 1);
  for (const data of offers(inputs, outputs)) {
    if (data.type === experiment.data.type) continue;
    // Standardized: the search's own data may have had any scale.
    const found = on(experiment, { ...data, standardize: input?.dtype !== 'token' });
    if (found !== null) return found;
  }
  return null;
}
