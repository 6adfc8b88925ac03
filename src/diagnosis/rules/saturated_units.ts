/** @file Units of bounded activations that sit at a bound. */

import { SATURATED_SLOPE } from '../../network/index.ts';
import { SATURATED_SAMPLES } from '../../statistics/index.ts';
import { POOR } from '../consequences.ts';
import { defineRule, type Threshold } from '../rule.ts';
import { examineStuckUnits, fractionsOf } from '../stuck_units.ts';
import { named } from '../wording.ts';

const thresholds = {
  saturated_unit_fraction: {
    value: 0.5,
    unit: 'fraction of the units of a layer',
    source: 'TheDeepChecker: saturated in > 50 % of neurons',
    rationale:
      'Some saturated units are how a classifier says yes and no; a layer of them passes no gradient',
  },
  saturated_samples: {
    value: SATURATED_SAMPLES,
    unit: 'fraction of the samples on which a unit has to be saturated',
    source: 'this project',
    rationale: 'A unit that is unsaturated on some samples still learns from these',
    fixed: true,
  },
  saturated_slope: {
    value: SATURATED_SLOPE,
    unit: 'slope / largest slope of the activation',
    source: 'this project; tanh beyond ±2.3, sigmoid beyond ±4.6',
    rationale: 'By slope, not by a fixed input range: at |x| = 5 the slope of sigmoid is already 0.0066',
    fixed: true,
  },
} as const satisfies Record<string, Threshold>;

export const saturatedUnits = defineRule({
  rule: 'saturated_units',
  title: 'Units are saturated',
  description:
    'A unit of a bounded activation is saturated when its slope is below 4 % of the largest on at least 95 % of the ' +
    'training samples, in each of the last two full passes. Harmless where the network learns all the same.',
  needs: ['unit_passes'],
  thresholds,
  sources: ['Glorot & Bengio 2010', 'TheDeepChecker'],
  brings_about: ['vanishing_gradient', 'rank_collapse', 'update_ratio', 'unchanged_parameters', ...POOR],
  is_consequence: false,
  recorded_as: '`unit_passes` with `saturated_units`, counted over all training samples at two steps or more',
  quorum: 'majority',
  examine: (trace, _experiment, limits) =>
    examineStuckUnits(
      trace,
      () => ({ metric: 'saturated_unit_fraction', limit: limits.saturated_unit_fraction }),
      (pass) => pass.saturated_units,
      'no activation here is bounded on both sides',
    ),
  explain: (finding) =>
    `${fractionsOf(finding, 'saturated_unit_fraction')} of the units of ${named(finding.layers)} sit at a bound of their ` +
    'activation on nearly every sample, where its slope is close to 0 and no gradient passes.',
});
