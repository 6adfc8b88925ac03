/** @file A normalization over one number or two: hardly anything of them passes. */

import { type Experiment, planExperiment } from '../../experiment/index.ts';
import { POOR, WRECKED } from '../consequences.ts';
import { severityByCost } from '../evidence/progress.ts';
import { EXPERIMENT } from '../recorded.ts';
import { defineRule, evidenceOf, notEvaluable } from '../rule.ts';
import { named } from '../wording.ts';

const thresholds = {
  numbers_normalized: {
    value: 3,
    unit: 'numbers that a mean and a variance are taken of; one less where only a size is',
    source: 'Wu & He 2018, Group normalization, arXiv:1803.08494: statistics of few numbers',
    rationale:
      'One number less its own mean is 0, and over its own size is its sign; two are 1 and −1, whatever they were',
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

/** RMS normalization takes no mean away, so that two numbers keep their ratio. */
const leastOf = (type: string, limit: number): number => (type === 'rms_norm' ? limit - 1 : limit);

/** What is left of the numbers, in training. */
function whatIsLeft({ type, numbers }: Normalized): string {
  const single = numbers === 1;
  if (type === 'rms_norm') return 'each number is divided by its own size: its sign is left';
  if (type === 'batch_norm')
    return single
      ? 'each number is normalized by itself, in a batch of one sample: in training it is 0, whatever comes in'
      : 'each number is normalized with that of one other sample: in training one is 1 and the other −1, however far they are apart';
  return single
    ? 'each number is normalized by itself: without its own mean it is 0, whatever comes in. Nothing of the sample passes'
    : 'two numbers are normalized together: one becomes 1 and the other −1, however far they are apart. Which is larger is all that passes';
}

export const degenerateNormalization = defineRule({
  rule: 'degenerate_normalization',
  title: 'A normalization has too few numbers to normalize',
  description:
    'Numbers over which each normalization takes its mean and variance: features of layer norm, samples (and positions) of batch ' +
    'norm, positions of instance norm. Found where it is one, or two of which the mean is taken away. Harmless where the network learns all the same.',
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
    const missing = ({ type, numbers }: Normalized) => leastOf(type, limits.numbers_normalized) - numbers;
    const few = norms.filter((norm) => missing(norm) > 0);
    const least = norms.reduce((a, b) => (missing(b) > missing(a) ? b : a), first);
    return {
      kind: 'evaluated',
      found: few.length > 0,
      severity: severityByCost(trace),
      layers: few.map(({ layer }) => layer),
      first_step: 0,
      evidence: [
        evidenceOf(
          'numbers_normalized',
          least.numbers,
          leastOf(least.type, limits.numbers_normalized),
          'numbers',
          { layer: least.layer },
        ),
      ],
    };
  },
  explain({ layers, experiment }) {
    const norms = experiment === null ? [] : normalized(experiment);
    const few = norms.filter(({ layer }) => layers.includes(layer));
    const said = [...new Set(few.map(whatIsLeft))].map((what) => {
      const these = few.filter((norm) => whatIsLeft(norm) === what);
      return `In ${named(these.map(({ layer }) => layer))} ${what}.`;
    });
    return said.join(' ');
  },
});
