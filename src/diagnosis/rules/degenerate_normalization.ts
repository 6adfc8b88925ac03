/** @file A normalization over one number or two: hardly anything of them passes. */

import { LEAST_NORMALIZED, leastOf, type Normalized, normalizationsOf } from '../../experiment/index.ts';
import { POOR, WRECKED } from '../consequences.ts';
import { severityByCost } from '../evidence/progress.ts';
import { EXPERIMENT } from '../recorded.ts';
import { defineRule, evidenceOf, notEvaluable } from '../rule.ts';
import { named } from '../wording.ts';

const thresholds = {
  numbers_normalized: {
    value: LEAST_NORMALIZED,
    unit: 'numbers that a mean and a variance are taken of; one less where only a size is',
    source: 'Wu & He 2018, Group normalization, arXiv:1803.08494: statistics of few numbers',
    rationale:
      'One number less its own mean is 0, and over its own size is its sign; two are 1 and −1, whatever they were',
    healthy: 'above',
    fixed: true,
  },
} as const;

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
    const norms = normalizationsOf(experiment);
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
    const norms = experiment === null ? [] : normalizationsOf(experiment);
    const few = norms.filter(({ layer }) => layers.includes(layer));
    const said = [...new Set(few.map(whatIsLeft))].map((what) => {
      const these = few.filter((norm) => whatIsLeft(norm) === what);
      return `In ${named(these.map(({ layer }) => layer))} ${what}.`;
    });
    return said.join(' ');
  },
});
