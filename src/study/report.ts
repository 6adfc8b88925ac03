/** @file The report: what a study answers. The schema is the contract's; numbers may be NaN here and are encoded at the wire. */
import { z } from 'zod';
import {
  checkSchema,
  nonFiniteSchema,
  numberSchema,
  rootCauseSchema,
  staticFindingSchema,
  verdicts,
} from '../diagnosis/index.ts';
import { referenceKinds, reportedExperimentSchema } from '../experiment/index.ts';
import { forecastFields } from '../preflight/index.ts';
import {
  effectSchema,
  efforts,
  goals,
  patchSchema,
  snippetsSchema,
  verificationSchema,
} from '../remedies/index.ts';
import { machinesSchema } from './machines_schema.ts';

const runSchema = z.object({
  seed: z.int(),
  initial_loss: numberSchema,
  initial_accuracy: numberSchema.describe('Null for regression'),
  final_loss: numberSchema,
  final_accuracy: numberSchema,
  initial_validation_loss: numberSchema.describe('Null without a validation split'),
  validation_loss: numberSchema,
  validation_accuracy: numberSchema,
  original_scale: z
    .object({
      initial_loss: numberSchema,
      final_loss: numberSchema,
      initial_validation_loss: numberSchema,
      validation_loss: numberSchema,
      non_finite: nonFiniteSchema,
    })
    .nullable()
    .optional()
    .describe(
      'With `standardize_targets`: the losses, without penalty, in the scale of the targets in the data; otherwise null',
    ),
  constant_loss: numberSchema.describe('Training loss of the best prediction that ignores the input'),
  steps_completed: z.int(),
  diverged_at_step: z.int().nullable(),
  divergence: z
    .object({
      step: z.int(),
      layer: z.string().nullable(),
      tensor: z.string(),
      direction: z.enum(['forward', 'backward']),
      value: z.enum(['nan', 'inf', '-inf']),
    })
    .nullable(),
  non_finite: nonFiniteSchema,
});

const referenceSchema = z.object({
  kind: z
    .enum(referenceKinds)
    .describe('The kind of plain network, with standardized inputs and targets, He weights and Adam'),
  seed: z.int(),
  steps: z.int(),
  batch_size: z.int().describe('Its batches may be smaller; it sees as many samples as the baseline'),
  loss: numberSchema.describe('On the training split, in the units of the experiment’s loss'),
  accuracy: numberSchema.describe('Null for regression'),
  validation_loss: numberSchema.describe('Null without a validation split'),
  validation_accuracy: numberSchema,
  original_scale: z
    .object({ loss: numberSchema, validation_loss: numberSchema, non_finite: nonFiniteSchema })
    .nullable()
    .optional()
    .describe(
      'With `standardize_targets`: its losses in the scale of the targets in the data; otherwise null',
    ),
  loss_ratio: numberSchema.describe('0: the targets are met; 1: no better than the best constant prediction'),
  validation_loss_ratio: numberSchema,
  non_finite: nonFiniteSchema,
});

const layerSchema = z.object({
  layer: z.string(),
  type: z.string(),
  activation: z.string().nullable(),
  inputs: z
    .array(z.string())
    .optional()
    .describe(
      'Where its input comes from: layers and inputs of the network. For a layer that contains others, also the last of those',
    ),
  output_shape: z.array(z.int()),
  parameters: z.int(),
});

const preflightLayerSchema = layerSchema.extend({
  ...forecastFields,
  measured_output_rms: numberSchema.describe('Mean over seeds at step 0'),
  measured_gradient_rms: numberSchema.describe(
    'Of the loss gradient at its output, mean over seeds at step 0',
  ),
  gradient_gap_log10: numberSchema.describe(
    'Mean over seeds of log₁₀ measured − log₁₀ predicted gradient RMS',
  ),
  gradient_gap_tolerance: numberSchema.describe(
    'The gap that chance and finite width can explain, in powers of ten; null if a measured gradient is 0',
  ),
  prediction_mismatch: z.boolean().describe('Whether the gap is larger than that'),
  non_finite: nonFiniteSchema,
});

const remedySchema = z.object({
  remedy: z.string(),
  rank: z.int(),
  title: z.string(),
  rationale: z.string(),
  sources: z.array(z.string()),
  treats: z.array(z.string()),
  effort: z.enum(['setting', 'initializer', 'activation', 'architecture']),
  patch: patchSchema,
  dose: z
    .object({
      name: z.string(),
      unit: z.string(),
      value: z.number().describe('The amount that was best in screening'),
      curve: z.array(z.object({ dose: z.number(), value: numberSchema, non_finite: nonFiniteSchema })),
    })
    .nullable()
    .describe(
      'The amount that was chosen, and the goal that each amount reached in screening; null if the remedy has no amounts',
    ),
  screening: z
    .object({
      value: numberSchema.describe('The goal on the first seed'),
      share: z.number().describe('Fraction of the steps that were made; 1 if the budget allows all'),
      baseline: numberSchema.describe('The goal of the baseline after as many steps'),
      non_finite: nonFiniteSchema,
    })
    .nullable(),
  verification: verificationSchema,
  snippets: snippetsSchema,
});

const controlSchema = z.object({
  control: z.string(),
  title: z.string(),
  patch: patchSchema,
  verification: verificationSchema,
});

const alternativeSchema = z.object({
  remedies: z.array(z.string()),
  effort: z.enum(efforts).describe('The effort of its most laborious remedy'),
  loss: numberSchema.describe('The goal, measured as `goal.reached` is'),
  healthy: z.boolean().describe('Whether nothing serious was found on the seeds of the study'),
  patch: patchSchema,
});

const recommendationSchema = z.object({
  remedies: z.array(z.string()),
  patch: patchSchema,
  experiment: reportedExperimentSchema,
  verdict: z.enum(['healthy', 'unhealthy']),
  seeds: z
    .array(z.int())
    .describe('The seeds on which it was re-trained, at least three; nothing was chosen by these seeds'),
  goal: z
    .object({
      metric: z.enum(goals),
      reached: numberSchema.describe(
        'Mean over the seeds of the study and of its proof. Losses are fractions of the constant loss',
      ),
      best_proven: numberSchema.describe(
        'The lowest value that a proven change reached, measured in the same way. Changes that only learned by heart are left out',
      ),
      reference: numberSchema
        .nullable()
        .describe('What the reference reaches; null if it cannot be compared'),
      margin: z.object({
        relative: z.number().describe('As a fraction of the best'),
        absolute: z
          .number()
          .describe(
            'As a fraction of the constant loss; of squared losses, what two hundredths of a constant’s error come to at the best',
          ),
      }),
    })
    .describe(
      'The recommendation is the smallest proven change that comes within the margin of the best; the larger of the two margins counts',
    ),
  effects: z.array(effectSchema),
  alternatives: z
    .array(alternativeSchema)
    .describe(
      'Smaller changes with a higher loss, verified on the study’s seeds and of which no proof failed, the smallest first; at most four',
    ),
  snippets: snippetsSchema,
});

const combinationSchema = z.object({
  remedies: z.array(z.string()),
  patch: patchSchema,
  verdict: z.enum(['healthy', 'unhealthy']),
  verification: verificationSchema,
});

const failedProofSchema = z.object({
  remedies: z.array(z.string()),
  seeds: z.array(z.int()).describe('The seeds on which it was re-trained; nothing was chosen by these seeds'),
  found: z.array(z.string()).describe('The rules that were found on at least one of these seeds'),
});

export const reportSchema = z
  .object({
    job_id: z.string(),
    machines: machinesSchema,
    experiment: reportedExperimentSchema,
    verdict: z
      .enum(verdicts)
      .describe(
        '`inconclusive`: nothing serious was found, but too little was measured to say that nothing is wrong',
      ),
    root_cause: rootCauseSchema,
    to_measure: z
      .array(z.string())
      .describe(
        'For an inconclusive job: what was not measured, by rule, and the setting that measures it. Otherwise empty',
      ),
    preflight: z.object({
      parameters: z.int(),
      flops_per_step: z.number(),
      covers: z.boolean().describe('Whether theory predicts every layer, gradients included'),
      findings: z.array(staticFindingSchema).describe('What was known before training'),
      prediction_mismatch: z.array(z.string()).describe('Layers whose gradient is not what theory predicts'),
      layers: z.array(preflightLayerSchema),
    }),
    baseline: z.object({ runs: z.array(runSchema), layers: z.array(layerSchema) }),
    reference: referenceSchema
      .nullable()
      .describe(
        'The positive control: what a plain network that is known to learn reaches on the same data and split. It sees as many samples, or fewer if that would take more work. Its data are always shuffled. Null if there is no such network for these inputs',
      ),
    checks: z.array(checkSchema),
    remedies: z.array(remedySchema),
    not_applicable: z
      .array(z.object({ remedy: z.string(), reason: z.string() }))
      .describe('Remedies that treat a finding but cannot be applied here'),
    controls: z.array(controlSchema),
    combinations: z
      .array(combinationSchema)
      .describe('Remedies that were re-trained together, in this order, because none alone was enough'),
    failed_proofs: z
      .array(failedProofSchema)
      .describe(
        'What was healthy on the seeds of the study but not on fresh ones, in the order of the proofs',
      ),
    criteria: z
      .array(z.string())
      .describe('What a remedy has to achieve to be verified; fixed before any run'),
    budget: z
      .object({
        limit: z.number(),
        spent: z.number(),
        unit: z.string(),
        trials: z
          .int()
          .describe('Number of trainings, including the reference and the trials at other learning rates'),
        out_of_time: z.boolean().describe('remedies.max_duration_s ended the study early'),
      })
      .describe('What the study computed'),
    recommendation: recommendationSchema.nullable(),
    recommendation_note: z
      .string()
      .nullable()
      .describe('Why an unhealthy job has no recommendation, or what the recommendation does not achieve'),
  })
  .meta({ id: 'Report' });

export type Report = z.output<typeof reportSchema>;
