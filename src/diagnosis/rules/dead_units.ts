/** @file Units whose output is exactly 0 on every sample, and stays so. */
import type { Trace } from '../../statistics/index.ts';
import { POOR } from '../consequences.ts';
import { defineRule } from '../rule.ts';
import { examineStuckUnits, fractionsOf } from '../stuck_units.ts';
import { beyond, isBeyond, named, percent } from '../wording.ts';

const thresholds = {
  dead_unit_fraction: {
    value: 0.5,
    unit: 'fraction of the units of a layer',
    source: 'Amazon SageMaker Debugger, DeadRelu: > 50 % of a layer',
    rationale:
      'Sparse outputs are normal: units are counted, not zeros, over all samples, and only if they stay dead',
  },
  dead_output_fraction: {
    value: 0,
    unit: 'fraction of the output’s units, of a loss of values',
    source: 'this project',
    rationale:
      'Units of a hidden layer stand in for each other; an output that is dead is a target that is never predicted',
  },
} as const;

/** Dead units that leave less than this many alive are too many: with one live unit, all outputs of a layer lie along one direction. So of two units one dead one is found. */
const ALL_BUT_ONE = 1.5;

const unitsOf = ({ unit_passes }: Trace, name: string): number =>
  unit_passes.find(({ layer }) => layer === name)?.units ?? Number.POSITIVE_INFINITY;

const isOutput = ({ layers }: Trace, name: string): boolean =>
  layers.some((layer) => layer.name === name && layer.is_output);

export const deadUnits = defineRule({
  rule: 'dead_units',
  title: 'Units are dead',
  description:
    'A unit is dead when its output is exactly 0, with slope 0, on every training sample, in each of the last two full ' +
    'passes. Found where most of a hidden layer is, or all but one of its units, or any unit of the output whose targets are values, and not all 0. ' +
    'Harmless where the network learns all the same.',
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
      (layer) =>
        trace.data.target_moments !== null && isOutput(trace, layer)
          ? { metric: 'dead_output_fraction', limit: limits.dead_output_fraction }
          : {
              metric: 'dead_unit_fraction',
              limit: Math.min(
                limits.dead_unit_fraction,
                Math.max(0, 1 - ALL_BUT_ONE / unitsOf(trace, layer)),
              ),
            },
      (pass) => pass.dead_units,
      'no activation here has a region of zero output and slope',
    ),
  explain(finding) {
    const hidden = beyond(finding, 'dead_unit_fraction');
    const output = beyond(finding, 'dead_output_fraction');
    const layersOf = (metric: string) =>
      finding.layers.filter((layer) =>
        finding.evidence.some((one) => one.metric === metric && one.layer === layer && isBeyond(one)),
      );
    const rest = 'no gradient reaches their weights, so that they cannot recover.';
    if (output === undefined)
      return `${fractionsOf(finding, 'dead_unit_fraction')} of the units of ${named(finding.layers)} give exactly 0 for every sample: ${rest}`;
    const predicts = `${percent(output.value ?? 0)} of the outputs (${named(layersOf('dead_output_fraction'))}) are exactly 0 for every sample, whatever their targets are: ${rest}`;
    if (hidden === undefined) return `${predicts} A linear output cannot die.`;
    return `${predicts} So are ${fractionsOf(finding, 'dead_unit_fraction')} of the units of ${named(layersOf('dead_unit_fraction'))}.`;
  },
});
