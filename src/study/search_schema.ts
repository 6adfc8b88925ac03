/** @file What a search is asked, and what it answers. */
import { z } from 'zod';
import { nonFiniteSchema, numberSchema } from '../diagnosis/index.ts';
import { reportedExperimentSchema } from '../experiment/index.ts';
import { activationKind, activationSchema } from '../network/index.ts';
import { patchSchema, snippetsSchema } from '../remedies/index.ts';
import { designOptionsSchema, designReportSchema } from './design_schema.ts';
import { machinesSchema } from './machines_schema.ts';

const MAX_CANDIDATES = 200;

const initializers = [
  'fitting',
  'as_it_is',
  'glorot_uniform',
  'he_normal',
  'lecun_normal',
  'orthogonal',
] as const;
const normalizations = ['none', 'batch_norm', 'layer_norm'] as const;

/** Softmax is for outputs; identity makes a linear model. */
const everyActivation = activationKind.types.filter((type) => type !== 'softmax' && type !== 'linear');

export const searchOptionsSchema = z
  .strictObject({
    activations: z
      .array(activationSchema)
      .min(1)
      .max(MAX_CANDIDATES)
      .default(everyActivation)
      .describe(
        'Names, objects with options, or formulas of your own; by default all that fit hidden layers',
      ),
    initializers: z
      .array(z.enum(initializers))
      .min(1)
      .default(['fitting'])
      .describe('Of the hidden kernels; "fitting" is the one that keeps the scale through the activation'),
    normalizations: z
      .array(z.enum(normalizations))
      .min(1)
      .default(['none'])
      .describe('Put between the hidden kernels and their activations'),
    design: designOptionsSchema
      .optional()
      .describe(
        'Makes new activations; `activations`, `initializers` and `normalizations` are then not used',
      ),
  })
  .refine(
    (options) =>
      options.activations.length * options.initializers.length * options.normalizations.length <=
      MAX_CANDIDATES,
    `more than ${MAX_CANDIDATES} combinations`,
  );

export type SearchOptions = z.output<typeof searchOptionsSchema>;

const rankedSchema = z.object({
  rank: z.int(),
  activation: z.unknown().describe('As it was asked for; null for the experiment as it is'),
  initializer: z.string().nullable(),
  normalization: z.string().nullable(),
  round: z.int().describe('The last round that it took part in, from 1'),
  seeds: z.array(z.int()),
  metric: z.enum(['validation_loss', 'final_loss']),
  values: z.array(numberSchema).describe('Of that round, one for each seed'),
  mean: numberSchema,
  confidence_interval: z.array(numberSchema).describe('95 %, by Student’s t; nulls for one seed'),
  verdict: z
    .enum(['healthy', 'unhealthy'])
    .nullable()
    .describe(
      'Healthy only where its proof holds; null where the round measured too little, or it was healthy and not proven',
    ),
  proof: z
    .object({
      seeds: z.array(z.int()).describe('Nothing was chosen by them'),
      holds: z
        .boolean()
        .describe('As of a recommendation: healthy on all, or on all but one of at least ten'),
    })
    .nullable()
    .describe('Of the healthy ones, best first, until one holds'),
  findings: z.array(z.string()),
  gradient_ratio: numberSchema
    .nullable()
    .describe(
      'Gradient RMS at the first hidden layer over that at the last, mean of the probed steps and seeds',
    ),
  patch: patchSchema,
  non_finite: nonFiniteSchema,
});

export const searchReportSchema = z
  .object({
    kind: z.literal('search'),
    job_id: z.string(),
    machines: machinesSchema,
    experiment: reportedExperimentSchema,
    options: z.unknown().describe('With every default filled in'),
    rounds: z.array(z.object({ round: z.int(), candidates: z.int(), seeds: z.int(), steps: z.int() })),
    ranking: z
      .array(rankedSchema)
      .describe(
        'Best first: those that went further before those that did not. The experiment as it is stands where it fell out, and is trained to the end',
      ),
    not_applicable: z.array(z.object({ candidate: z.string(), reason: z.string() })),
    best: z
      .object({ experiment: reportedExperimentSchema, snippets: snippetsSchema })
      .nullable()
      .describe('Null where no candidate is better than the experiment as it is'),
    design: designReportSchema.optional().describe('Where activations were designed'),
  })
  .meta({ id: 'SearchReport' });

export type SearchReport = z.output<typeof searchReportSchema>;
