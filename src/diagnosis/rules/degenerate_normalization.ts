/** @file A normalization over a single number: its output is the same whatever comes in. */

import { type Experiment, planExperiment } from '../../experiment/index.ts';
import { POOR, WRECKED } from '../consequences.ts';
import { severityByCost } from '../evidence/progress.ts';
import { EXPERIMENT } from '../recorded.ts';
import { defineRule, evidenceOf, notEvaluable } from '../rule.ts';
import { named } from '../wording.ts';

const thresholds = {
  numbers_normalized: {
    value: 2,
    unit: 'numbers that a mean and a variance are taken of',
    source: 'Wu & He 2018, Group normalization, arXiv:1803.08494: statistics of few numbers',
    rationale: 'One number less its own mean is 0, and over its own size is its sign',
    healthy: 'above',
    fixed: true,
  },
} as const;

interface Normalized {
  readonly layer: string;
  readonly type: string;
  readonly numbers: number;
}

const product = (shape: readonly number[]): number => shape.reduce((size, length) => size * length, 1);

/** How many numbers share a mean and a variance, by type; [features], [time, features] or [channels, height, width]. */
function numbersOf(type: string, shape: readonly number[], batch: number, groups: number): number | null {
  const positions = shape.length === 3 ? product(shape.slice(1)) : shape.length === 2 ? (shape[0] ?? 1) : 1;
  const features = (shape.length === 3 ? shape[0] : shape.at(-1)) ?? 1;
  const spatial = shape.length === 3 ? positions : 1;
  const known: Readonly<Record<string, number>> = {
    batch_norm: batch * positions,
    layer_norm: features * spatial,
    rms_norm: features * spatial,
    instance_norm: positions,
    group_norm: (features / groups) * positions,
  };
  return known[type] ?? null;
}

function normalized(experiment: Experiment): Normalized[] {
  const { layers, batch_size } = planExperiment(experiment);
  return layers.flatMap(({ name, type, input_shape, pointer }) => {
    const groups = groupsAt(experiment, pointer);
    const numbers = numbersOf(type, input_shape, batch_size, groups);
    return numbers === null ? [] : [{ layer: name, type, numbers }];
  });
}

function groupsAt(experiment: Experiment, pointer: string): number {
  const found = pointer
    .split('/')
    .slice(1)
    .reduce<unknown>((value, key) => (value as Record<string, unknown> | undefined)?.[key], experiment);
  return (found as { groups?: number } | undefined)?.groups ?? 1;
}

export const degenerateNormalization = defineRule({
  rule: 'degenerate_normalization',
  title: 'A normalization has one number to normalize',
  description:
    'Numbers over which each normalization takes its mean and variance: features of layer norm, samples (and positions) of batch ' +
    'norm, positions of instance norm. Found where it is one. Harmless where the network learns all the same.',
  needs: ['experiment'],
  thresholds,
  sources: ['Wu & He 2018, arXiv:1803.08494', 'Ioffe 2017, arXiv:1702.03275'],
  // Its output is the same for every sample.
  brings_about: ['poor_initialization', 'inference_mismatch', ...WRECKED, ...POOR],
  is_consequence: false,
  recorded_as: EXPERIMENT,
  quorum: 'any',
  examine(trace, experiment, limits) {
    const norms = normalized(experiment);
    const [first] = norms;
    if (first === undefined) return notEvaluable('the network has no normalization');
    const single = norms.filter(({ numbers }) => numbers < limits.numbers_normalized);
    const least = norms.reduce((a, b) => (b.numbers < a.numbers ? b : a), first);
    return {
      kind: 'evaluated',
      found: single.length > 0,
      severity: severityByCost(trace),
      layers: single.map(({ layer }) => layer),
      first_step: 0,
      evidence: [
        evidenceOf('numbers_normalized', least.numbers, limits.numbers_normalized, 'numbers', {
          layer: least.layer,
        }),
      ],
    };
  },
  explain({ layers, experiment }) {
    const types = new Set(
      experiment === null
        ? []
        : normalized(experiment)
            .filter(({ layer }) => layers.includes(layer))
            .map(({ type }) => type),
    );
    const what = types.has('rms_norm')
      ? 'is left with its sign'
      : types.has('batch_norm')
        ? 'is 0 in training, in a batch of one sample'
        : 'is 0';
    return `In ${named(layers)} each number is normalized by itself: without its own mean, divided by its own size, it ${what}, whatever comes in. Nothing of the sample passes.`;
  },
});
