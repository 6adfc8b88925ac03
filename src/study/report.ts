/** @file The report: what a study answers. The schema is the contract's; numbers may be NaN here and are encoded at the wire. */
import { z } from 'zod';
import {
  checkSchema,
  nonFiniteSchema,
  numberSchema,
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
      'With `standardize_targets`: the losses (no penalty) in the scale that the targets have in the data; else null',
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
    .describe('Of the plain network: standardized inputs and targets, He weights, Adam'),
  seed: z.int(),
  steps: z.int(),
  batch_size: z.int().describe('As many samples seen as the baseline, in batches that may be smaller'),
  loss: numberSchema.describe('On the training split, in the units of the experiment’s loss'),
  accuracy: numberSchema.describe('Null for regression'),
  validation_loss: numberSchema.describe('Null without a validation split'),
  validation_accuracy: numberSchema,
  original_scale: z
    .object({ loss: numberSchema, validation_loss: numberSchema, non_finite: nonFiniteSchema })
    .nullable()
    .optional()
    .describe(
      'With `standardize_targets`: its losses in the scale that the targets have in the data; else null',
    ),
  loss_ratio: numberSchema.describe('0 at the targets, 1 at the best constant prediction'),
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
      'What it takes: layers and inputs of the network; of a layer that holds others also the last of those',
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
    'What chance and finite width may do, in decades; null where a measured gradient is 0',
  ),
  prediction_mismatch: z.boolean().describe('The gap is larger'),
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
      value: z.number().describe('The best in screening'),
      curve: z.array(z.object({ dose: z.number(), value: numberSchema, non_finite: nonFiniteSchema })),
    })
    .nullable()
    .describe('How much of it, and the goal after screening for each amount; null where it has no amounts'),
  screening: z
    .object({
      value: numberSchema.describe('Of the goal, on the first seed'),
      share: z.number().describe('Of the steps that were made: 1 where the budget is ample'),
      baseline: numberSchema.describe('The same of the baseline'),
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
  effort: z.enum(efforts).describe('Of its most laborious remedy'),
  loss: numberSchema.describe('The goal, as `goal.reached` is measured'),
  healthy: z.boolean().describe('Nothing serious was found on the seeds of the study, nor did a proof fail'),
  patch: patchSchema,
});

const recommendationSchema = z.object({
  remedies: z.array(z.string()),
  patch: patchSchema,
  experiment: reportedExperimentSchema,
  verdict: z.enum(['healthy', 'unhealthy']),
  seeds: z.array(z.int()).describe('On which it was re-trained; nothing was chosen by them'),
  goal: z
    .object({
      metric: z.enum(goals),
      reached: numberSchema.describe(
        'Mean over the seeds of the study and of its proof; losses are fractions of a constant’s',
      ),
      best_proven: numberSchema.describe(
        'The least that anything proven reached, measured alike; what was learned by heart alone left out',
      ),
      reference: numberSchema
        .nullable()
        .describe('What the reference learner reaches; null where it says nothing'),
      margin: z.object({
        relative: z.number().describe('Of the best'),
        absolute: z.number().describe('Of a constant’s loss'),
      }),
    })
    .describe('It is the smallest proven change within the margin, whichever is larger, of the best'),
  effects: z.array(effectSchema),
  alternatives: z
    .array(alternativeSchema)
    .describe(
      'Smaller changes with a higher loss, verified on the study’s seeds, the smallest first; at most four',
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
  seeds: z.array(z.int()).describe('On which it was re-trained; nothing was chosen by them'),
  found: z.array(z.string()).describe('Rules, on one of them or more'),
});

export const reportSchema = z
  .object({
    job_id: z.string(),
    machines: machinesSchema,
    experiment: reportedExperimentSchema,
    verdict: z
      .enum(verdicts)
      .describe(
        'Inconclusive where nothing serious was found, but too little was measured to say that nothing is wrong',
      ),
    to_measure: z
      .array(z.string())
      .describe('What an inconclusive job lacks, by rule, and the setting that measures it; else empty'),
    preflight: z.object({
      parameters: z.int(),
      flops_per_step: z.number(),
      covers: z.boolean().describe('Whether theory reaches every layer, gradients included'),
      findings: z.array(staticFindingSchema).describe('What could be told before training'),
      prediction_mismatch: z.array(z.string()).describe('Layers whose gradient is not what theory predicts'),
      layers: z.array(preflightLayerSchema),
    }),
    baseline: z.object({ runs: z.array(runSchema), layers: z.array(layerSchema) }),
    reference: referenceSchema
      .nullable()
      .describe(
        'The positive control: what a plain network that is known to learn reaches on the same data and split with as many samples seen, or fewer where it would take more work (shuffled, where the experiment does not shuffle); null where none takes these inputs',
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
      .describe('What a remedy has to do to be verified, as laid down before any run'),
    budget: z
      .object({
        limit: z.number(),
        spent: z.number(),
        unit: z.string(),
        trials: z.int().describe('Trainings, with those of the reference and of other learning rates'),
        out_of_time: z.boolean().describe('remedies.max_duration_s ended the study early'),
      })
      .describe('What the study computed'),
    recommendation: recommendationSchema.nullable(),
    recommendation_note: z
      .string()
      .nullable()
      .describe('Why there is none although the verdict is unhealthy, or what it falls short of'),
  })
  .meta({ id: 'Report' });

export type Report = z.output<typeof reportSchema>;
