/** @file What a search is asked, and what it answers. */
import { z } from 'zod';
import { nonFiniteSchema, numberSchema } from '../diagnosis/index.ts';
import { reportedExperimentSchema } from '../experiment/index.ts';
import { activationKind, activationSchema } from '../network/index.ts';
import { patchSchema, snippetsSchema } from '../remedies/index.ts';
import { list } from '../util/list.ts';
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
    activations: list(activationSchema)
      .min(1)
      .max(MAX_CANDIDATES)
      .default(everyActivation)
      .describe('Names, objects with options, or your own formulas; default: all that suit hidden layers'),
    initializers: list(z.enum(initializers))
      .min(1)
      .default(['fitting'])
      .describe(
        'Initializers of the hidden kernels; "fitting" is the one that keeps the scale of values through the activation',
      ),
    normalizations: list(z.enum(normalizations))
      .min(1)
      .default(['none'])
      .describe('Normalization between the hidden kernels and their activations'),
    design: designOptionsSchema
      .optional()
      .describe('Makes new activations. `activations`, `initializers` and `normalizations` are then ignored'),
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
  activation: z.unknown().describe('As it was requested; null: the experiment as it is'),
  initializer: z.string().nullable(),
  normalization: z.string().nullable(),
  round: z.int().describe('The last round in which it took part, counted from 1'),
  seeds: list(z.int()),
  metric: z.enum(['validation_loss', 'final_loss']),
  values: list(numberSchema).describe('The losses of that round, one for each seed'),
  mean: numberSchema,
  confidence_interval: list(numberSchema).describe(
    '95 % confidence interval, by Student’s t; nulls if there is only one seed',
  ),
  verdict: z
    .enum(['healthy', 'unhealthy'])
    .nullable()
    .describe(
      '`healthy` only if its proof holds. Null if the round measured too little, or if it was healthy and nobody tried to prove it',
    ),
  proof: z
    .object({
      seeds: list(z.int()).describe('Nothing was chosen by them'),
      holds: z
        .boolean()
        .describe(
          'Whether it was healthy on all these seeds, or on all but one if there are at least ten; as for a recommendation',
        ),
    })
    .nullable()
    .describe('The healthy ones are proven one after the other, best first, until one proof holds'),
  findings: list(z.string()),
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
    options: z.unknown().describe('The options with every default filled in'),
    rounds: list(z.object({ round: z.int(), candidates: z.int(), seeds: z.int(), steps: z.int() })),
    ranking: list(rankedSchema).describe(
      'Best first. Those that reached a later round come before the others. The experiment as it is has the place at which it dropped out, but is trained to the end',
    ),
    not_applicable: list(z.object({ candidate: z.string(), reason: z.string() })),
    best: z
      .object({ experiment: reportedExperimentSchema, snippets: snippetsSchema })
      .nullable()
      .describe(
        'The best whose proof holds; where none does, the best of those whose proof has not failed. Null if that is the experiment as it is',
      ),
    design: designReportSchema.optional().describe('Only if activations were designed'),
  })
  .meta({ id: 'SearchReport' });

export type SearchReport = z.output<typeof searchReportSchema>;
