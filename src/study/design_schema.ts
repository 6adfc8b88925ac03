/** @file What a design search is asked, and what it answers beside the ranking. */
import { z } from 'zod';
import { dataSchema } from '../data/index.ts';
import { numberSchema } from '../diagnosis/index.ts';
import { activationSchema, initializerKind } from '../network/index.ts';

export const designOptionsSchema = z
  .strictObject({
    generations: z
      .int()
      .min(1)
      .max(20)
      .optional()
      .describe('By default as many as fit into ten minutes, at most 4'),
    population: z
      .int()
      .min(4)
      .max(64)
      .optional()
      .describe('Functions trained in each generation; by default as many as fit into the time, at most 12'),
    seed: z
      .int()
      .min(0)
      .max(2 ** 31 - 1)
      .default(0)
      .describe('The seed from which the functions are made'),
    second_data: dataSchema
      .refine(
        ({ type }) => type !== 'file' && type !== 'inline',
        'only built-in data sets can be second data',
      )
      .nullable()
      .default(null)
      .describe(
        'Data for the proof alone, which the search never sees; null: the first built-in data set that fits the network',
      ),
  })
  .meta({
    id: 'ActivationDesign',
    description:
      'Makes new activations instead of choosing among given ones. Formulas arise by mutation and crossover, theory sorts out those that cannot work, and the others are trained by successive halving on the same seeds as fixed controls. The best is proven on fresh seeds and on a second data set',
  });

export type DesignOptions = z.output<typeof designOptionsSchema>;

const foresightSchema = z.object({
  score: z.number().describe('What theory promises; higher is better'),
  weight_variance: z.number().describe('σ_w²: the kernels’ variance times their fan-in'),
  log_gradient: z.number().describe('log₁₀ of the gradient at the first layer over that at the last'),
  cosine: z.number().describe('Cosine between the outputs of the stack for two inputs at right angles'),
  nonlinearity: z.number().describe('Fraction of E φ² that neither a constant nor a straight line explains'),
  flat: z.number().describe('Probability under N(0, 1) that the slope is at most a thousandth of its RMS'),
});

const designedSchema = z.object({
  formula: z.string().describe('In its simplest form'),
  generation: z.int().describe('From 1'),
  tailored: z.boolean().describe('Shifted and scaled for the depth'),
  activation: activationSchema.describe('As it was trained'),
  kernel_initializer: initializerKind.schema,
  foresight: foresightSchema,
  gain: z.number().describe('E φ′(z)² of z ~ N(0, 1), as trained'),
  curve: z.object({
    inputs: z.array(z.number()),
    values: z.array(numberSchema),
    derivatives: z.array(numberSchema),
  }),
  values: z.array(numberSchema).describe('Losses of the last round, one for each seed'),
  mean: numberSchema,
  code: z.object({ pytorch: z.string(), keras: z.string() }),
});

const comparisonSchema = z.object({
  data: z.string().describe('The type of the data set'),
  control: z.string().describe('The control that was best in the last round'),
  seeds: z.array(z.int()).describe('Nothing was chosen by these seeds'),
  metric: z.enum(['validation_loss', 'final_loss']),
  function_values: z.array(numberSchema),
  control_values: z.array(numberSchema),
  mean_difference: numberSchema,
  confidence_interval: z
    .array(numberSchema.nullable())
    .describe('95 %, of the paired differences, by Student’s t'),
  better: z.boolean().describe('Whether the whole interval is below 0'),
});

export const designReportSchema = z.object({
  depth: z.int().describe('Number of layers that theory assumes'),
  generations: z.array(
    z.object({
      generation: z.int(),
      made: z.int(),
      repeated: z.int().describe('Functions equal to one that was made before, up to signs'),
      rejected: z
        .int()
        .describe(
          'Functions that theory rejected: not finite, flat, a straight line, or without a scale that preserves gradients',
        ),
      trained: z.int(),
      best: z.object({ formula: z.string(), value: numberSchema }).nullable(),
    }),
  ),
  functions: z.array(designedSchema).describe('The best, by the last round'),
  screened: z.array(
    z.object({ formula: z.string(), generation: z.int(), score: z.number(), value: numberSchema }),
  ),
  rank_correlation: z
    .number()
    .nullable()
    .describe(
      'Spearman’s rank correlation of theory’s score with the negative screening loss; 1: theory and training give the same order',
    ),
  comparisons: z.array(comparisonSchema).describe('Of the best function with the best control'),
  second_data: dataSchema.nullable(),
  beats_controls: z
    .boolean()
    .describe(
      'Whether it is better on fresh seeds, on the data of the search and, if there are any, on the second data',
    ),
  conclusion: z.string(),
});

export type DesignReport = z.output<typeof designReportSchema>;
