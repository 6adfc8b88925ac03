/** @file Units whose output is exactly 0 on every sample, and stays so. */
import { POOR } from '../consequences.ts';
import { defineRule } from '../rule.ts';
import { examineStuckUnits } from '../stuck_units.ts';
import { measured, named, percent } from '../wording.ts';

const thresholds = {
  dead_unit_fraction: {
    value: 0.5,
    unit: 'fraction of the units of a layer',
    source: 'Amazon SageMaker Debugger, DeadRelu: > 50 % of a layer',
    rationale:
      'Sparse outputs are normal: units are counted, not zeros, over all samples, and only if they stay dead',
  },
} as const;

export const deadUnits = defineRule({
  rule: 'dead_units',
  title: 'Units are dead',
  description:
    'A unit is dead when its output is exactly 0, with slope 0, on every training sample, in each of the last two full ' +
    'passes. Harmless where the network learns all the same.',
  needs: ['unit_passes'],
  thresholds,
  sources: [
    'Lu et al. 2019, arXiv:1903.06733',
    'DeepDiagnosis (ICSE 2022): 58 of its 68 false alarms counted zeros instead',
  ],
  brings_about: ['vanishing_gradient', 'rank_collapse', 'update_ratio', 'unchanged_parameters', ...POOR],
  is_consequence: false,
  recorded_as: '`unit_passes` with `dead_units`, counted over all training samples at two steps or more',
  quorum: 'majority',
  examine: (trace, _experiment, limits) =>
    examineStuckUnits(
      trace,
      'dead_unit_fraction',
      limits.dead_unit_fraction,
      (pass) => pass.dead_units,
      'no activation here has a region of zero output and slope',
    ),
  explain: (finding) =>
    `${percent(measured(finding, 'dead_unit_fraction')?.value ?? 0)} of the units of ${named(finding.layers)} give exactly 0 for every sample: ` +
    'no gradient reaches their weights, so that they cannot recover.',
});
