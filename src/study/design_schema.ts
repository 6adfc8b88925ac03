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
      .describe('Functions that are trained in each generation; by default as many as fit, at most 12'),
    seed: z
      .int()
      .min(0)
      .max(2 ** 31 - 1)
      .default(0)
      .describe('Of the functions that are made'),
    second_data: dataSchema
      .refine(
        ({ type }) => type !== 'file' && type !== 'inline',
        'only built-in data sets can be second data',
      )
      .nullable()
      .default(null)
      .describe(
        'Data that the search never sees and the proof does; null: the first built-in set that fits the network',
      ),
  })
  .meta({
    id: 'ActivationDesign',
    description:
      'Makes activations instead of choosing among given ones: expressions by mutation and crossover, foreseen by theory, ' +
      'trained by successive halving on paired seeds beside fixed controls, proven on fresh seeds and on second data',
  });

export type DesignOptions = z.output<typeof designOptionsSchema>;

const foresightSchema = z.object({
  score: z.number().describe('What theory promises; higher is better'),
  weight_variance: z.number().describe('σ_w²: the kernels’ variance times their fan-in'),
  log_gradient: z.number().describe('log₁₀ of the gradient at the first layer over that at the last'),
  cosine: z.number().describe('What the stack makes of two inputs at right angles'),
  nonlinearity: z.number().describe('Share of E φ² beyond mean and line'),
  flat: z.number().describe('Share of N(0, 1) where the slope is at most a thousandth of its RMS'),
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
  seeds: z.array(z.int()).describe('They chose nothing'),
  metric: z.enum(['validation_loss', 'final_loss']),
  function_values: z.array(numberSchema),
  control_values: z.array(numberSchema),
  mean_difference: numberSchema,
  confidence_interval: z
    .array(numberSchema.nullable())
    .describe('95 %, of the paired differences, by Student’s t'),
  better: z.boolean().describe('The whole interval is below 0'),
});

export const designReportSchema = z.object({
  depth: z.int().describe('Layers that theory counts with'),
  generations: z.array(
    z.object({
      generation: z.int(),
      made: z.int(),
      repeated: z.int().describe('Equal in value to one that was made before, up to signs'),
      rejected: z.int().describe('By theory: not finite, flat, a straight line, or no scale keeps gradients'),
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
      'Spearman’s, of theory’s score and the screening loss with its sign turned: 1 where theory orders as training does',
    ),
  comparisons: z.array(comparisonSchema).describe('Of the best function with the best control'),
  second_data: dataSchema.nullable(),
  beats_controls: z
    .boolean()
    .describe('Better on fresh seeds of the search’s data, and of the second where there are any'),
  conclusion: z.string(),
});

export type DesignReport = z.output<typeof designReportSchema>;
