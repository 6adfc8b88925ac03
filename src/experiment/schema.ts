/** @file The request's schema, put together from the parts' own option schemas. Names are the contract's. */
import { z } from 'zod';
import { dataSchema, reportedData, reportedDataSchema } from '../data/index.ts';
import { FILE_ID } from '../files/index.ts';
import { clippingKind, layerSchema, lossKind, optimizerKind, scheduleKind } from '../network/index.ts';
import { list } from '../util/list.ts';

const MAX_STEPS = 1_000_000;
const MAX_SEEDS = 16;

const inputSchema = z.strictObject({
  shape: list(z.int().min(1).max(1_000_000))
    .min(1)
    .max(4)
    .describe(
      'Without the batch: [features], [time, features], [channels, height, width], [time, channels, height, width], or ' +
        '[time] tokens',
    ),
  dtype: z
    .enum(['float32', 'token'])
    .default('float32')
    .describe('"token": whole numbers from 0, for an embedding layer'),
});

const MAX_INPUTS = 16;

const networkSchema = z
  .strictObject({
    input: inputSchema.optional().describe('The only input, whose name is `input`; or give `inputs`'),
    inputs: z
      .record(
        z
          .string()
          .regex(
            /^[A-Za-z][A-Za-z0-9_.-]{0,63}$/,
            'a letter, then letters, digits, "_", "." or "-", at most 64',
          ),
        inputSchema,
      )
      .refine((inputs) => Object.keys(inputs).length > 0, 'at least one input')
      .refine((inputs) => Object.keys(inputs).length <= MAX_INPUTS, `at most ${MAX_INPUTS} inputs`)
      .optional()
      .describe(
        'Several inputs by name. Layers refer to these names in their `inputs`, and `data` gives the samples by them',
      ),
    layers: list(layerSchema)
      .min(1)
      .max(1000)
      .describe(
        'Each layer takes the output of the layer before it, or of those named in its `inputs`. The last layer gives the prediction',
      ),
  })
  .superRefine(({ input, inputs }, context) => {
    if ((input === undefined) !== (inputs === undefined)) return;
    const both = input !== undefined;
    context.addIssue({
      code: 'custom',
      path: [both ? 'inputs' : 'input'],
      message: both ? 'both input and inputs are given' : 'is missing',
      params: { fix: both ? 'remove one of them' : 'add "input": { "shape": […] }' },
    });
  });

const regularizationSchema = z.strictObject({
  l1: z.number().min(0).max(1e6).default(0).describe('Factor of Σ|w| over all kernels'),
  l2: z.number().min(0).max(1e6).default(0).describe('Factor of Σw² over all kernels'),
});

const initialWeightsSchema = z.union([
  z.strictObject({
    encoding: z.literal('safetensors'),
    data: z.base64().min(1).describe('A safetensors file of float32 tensors, in base64'),
  }),
  z.strictObject({
    file: z
      .string()
      .regex(FILE_ID, 'must be an id that POST /v1/files has answered')
      .describe('Id of an uploaded safetensors file'),
  }),
]);

const earlyStoppingSchema = z.strictObject({
  check_every: z.int().min(1).max(MAX_STEPS).describe('Steps between measurements of the validation loss'),
  patience: z
    .int()
    .min(1)
    .max(MAX_STEPS)
    .nullable()
    .default(null)
    .describe(
      'The training ends after this many measurements without a lower loss; null: it always takes all its steps',
    ),
});

const trainingSchema = z.strictObject({
  loss: lossKind.schema.describe(
    'What is minimized: the mean over the batch and all target positions. A regression loss reads the classes of a built-in data set with three or more classes as one-hot rows',
  ),
  optimizer: optimizerKind.schema.describe('How weights are changed by their gradients'),
  learning_rate_schedule: scheduleKind.schema
    .default('constant')
    .describe('How the learning rate changes over the training'),
  batch_size: z
    .int()
    .min(1)
    .max(1_000_000)
    .default(32)
    .describe('Samples per step; at most the training split'),
  steps: z.int().min(1).max(MAX_STEPS).optional().describe('Number of updates; or give `epochs`'),
  epochs: z
    .number()
    .gt(0)
    .max(1_000_000)
    .optional()
    .describe('Passes over the training split; or give `steps`'),
  gradient_clipping: clippingKind.objects
    .nullable()
    .default(null)
    .describe('Limits gradients before they change the weights; null: no limit'),
  regularization: regularizationSchema
    .default({ l1: 0, l2: 0 })
    .describe('Penalties on large weights, added to the loss'),
  early_stopping: earlyStoppingSchema
    .nullable()
    .default(null)
    .describe('Keeps the weights of the lowest validation loss; needs `data.validation_split`'),
  class_weights: z
    .union([z.literal('balanced'), list(z.number().min(0).max(1e6)).min(2).max(10_000)])
    .nullable()
    .default(null)
    .describe(
      'Weight of each class in the mean; "balanced" weighs inversely to the class frequency, each of several labels by itself',
    ),
  label_smoothing: z
    .number()
    .min(0)
    .lt(1)
    .default(0)
    .describe(
      'Share of every target that is spread evenly over the classes, in cross-entropies: 0.1 makes of 1 in ten classes 0.91, of 0 0.01',
    ),
  initial_weights: initialWeightsSchema
    .nullable()
    .default(null)
    .describe(
      'Weights to start from, by name: any of the parameters and running averages. All others are drawn at random',
    ),
});

const thresholdsSchema = z.record(z.string().max(64), z.number());

const diagnosticsSchema = z.strictObject({
  rules: z
    .record(z.string().max(64), thresholdsSchema)
    .default({})
    .describe(
      'Your own thresholds, by rule and name as in the catalogue: { "dead_units": { "dead_unit_fraction": 0.8 } }',
    ),
  probe_every: z
    .int()
    .min(0)
    .max(MAX_STEPS)
    .default(10)
    .describe(
      'Steps from one measurement to the next; the first and the last step are always measured. 0: measure nothing',
    ),
  seeds: z
    .int()
    .min(1)
    .max(MAX_SEEDS)
    .nullable()
    .default(null)
    .describe(
      'Number of baseline runs; by default as many as `remedies.seeds`, or one if `remedies.verify` is false',
    ),
});

const remediesSchema = z.strictObject({
  verify: z
    .boolean()
    .default(true)
    .describe('Whether to re-train with the remedies; otherwise they are only proposed'),
  seeds: z
    .int()
    .min(1)
    .max(MAX_SEEDS)
    .default(3)
    .describe('Number of runs of each arm; their seeds are seed, seed + 1, …'),
  max_trials: z
    .int()
    .min(1)
    .max(10_000)
    .nullable()
    .default(null)
    .describe('The most trainings of the whole study; by default as many as the budget allows'),
  min_duration_s: z
    .number()
    .min(0)
    .max(86_400)
    .default(60)
    .describe(
      'How much work a study may do, in seconds of two cores. If 12 baselines cost more than this, the study may do as much as these cost',
    ),
  max_duration_s: z
    .number()
    .gt(0)
    .max(86_400)
    .nullable()
    .default(null)
    .describe('After this many seconds no new arm is started'),
});

export const experimentSchema = z
  .strictObject({
    name: z.string().max(200).optional().describe('A name for your own use'),
    network: networkSchema.describe('Its inputs and its layers'),
    data: dataSchema.describe('A built-in data set, numbers of your own, or an uploaded file'),
    training: trainingSchema.describe('The loss, and how it is minimized'),
    seed: z.int().min(0).max(4_294_967_295).default(0).describe('The seed of the first run'),
    diagnostics: diagnosticsSchema
      .default({ rules: {}, probe_every: 10, seeds: null })
      .describe('What is measured, and when a rule finds something'),
    remedies: remediesSchema
      .default({
        verify: true,
        seeds: 3,
        max_trials: null,
        min_duration_s: 60,
        max_duration_s: null,
      })
      .describe('Whether remedies are tried, and how much may be spent on them'),
    metadata: z
      .record(z.string().max(64), z.string().max(500))
      .refine((pairs) => Object.keys(pairs).length <= 16, 'at most 16 pairs')
      .default({})
      .describe('Up to 16 key-value pairs for your own use, returned as they are'),
  })
  .meta({ id: 'Experiment' });

/** A validated request with every default filled in. */
export type Experiment = z.output<typeof experimentSchema>;

/** An experiment as reports repeat it: without the numbers of `inline` data. */
export const reportedExperimentSchema = experimentSchema
  .extend({ data: reportedDataSchema })
  .meta({ id: 'ReportedExperiment' });

export type ReportedExperiment = z.output<typeof reportedExperimentSchema>;

export const reportedExperiment = (experiment: Experiment): ReportedExperiment => ({
  ...experiment,
  data: reportedData(experiment.data),
});

/** The opposite: with the numbers of the experiment that it came from, by whatever it was changed. */
export function withSamples<T extends { readonly data: unknown }>(
  reported: T,
  { data }: Pick<Experiment, 'data'>,
): Experiment {
  if (data.type !== 'inline') return reported as unknown as Experiment;
  const { sha256: _sha256, samples: _samples, ...options } = reported.data as Record<string, unknown>;
  return {
    ...reported,
    data: { ...options, inputs: data.inputs, targets: data.targets },
  } as unknown as Experiment;
}
