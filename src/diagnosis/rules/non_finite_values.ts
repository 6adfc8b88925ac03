/** @file Numbers stopped being finite. */
import { POOR } from '../consequences.ts';
import { defineRule } from '../rule.ts';

export const nonFiniteValues = defineRule({
  rule: 'non_finite_values',
  title: 'The training produced NaN or infinity',
  description:
    'The first step whose loss or gradients are not finite, with the layer and tensor where it began, in the order of ' +
    'the forward and then of the backward pass. The training ends there.',
  needs: [],
  thresholds: {
    non_finite_steps: {
      value: 0,
      unit: 'steps',
      source: 'Amazon SageMaker Debugger, ExplodingTensor',
      rationale: 'No update can be made from a number that is not finite',
      fixed: true,
    },
  },
  sources: ['Lightning-AI/pytorch-lightning#8313'],
  brings_about: ['vanishing_gradient', 'unchanged_parameters', ...POOR],
  is_consequence: false,
  recorded_as: null,
  quorum: 'any',
  examine({ divergence, steps_completed }) {
    return {
      kind: 'evaluated',
      found: divergence !== null,
      severity: 'critical',
      layers: divergence?.layer == null ? [] : [divergence.layer],
      first_step: divergence?.step ?? null,
      evidence: [
        {
          metric: divergence === null ? 'non_finite_steps' : `${divergence.tensor} (${divergence.direction})`,
          layer: divergence?.layer ?? null,
          step: divergence?.step ?? steps_completed,
          value:
            divergence === null
              ? 0
              : { nan: Number.NaN, inf: Number.POSITIVE_INFINITY, '-inf': Number.NEGATIVE_INFINITY }[
                  divergence.value
                ],
          threshold: 0,
          unit: divergence === null ? 'steps' : 'value',
        },
      ],
    };
  },
  explain({ layers, evidence, traces }) {
    const [first] = evidence;
    const where = layers[0] === undefined ? 'in the loss' : `in ${layers[0]} (${first?.metric})`;
    const planned = traces[0]?.steps_planned;
    return `At step ${first?.step} of ${planned} a number stopped being finite, first ${where}; nothing after that step was trained.`;
  },
});
