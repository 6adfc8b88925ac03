/** @file A Trace measured elsewhere: its schema, and what becomes of it. What was not measured stays unmeasured. */
import { z } from 'zod';
import { activationSchema, activationShape, resolveActivation } from '../network/index.ts';
import type { Series, Trace, TracedLayer } from '../statistics/index.ts';
import { list } from '../util/list.ts';
import { withoutFrozen } from './given_frozen.ts';
import { givenProblems, problemsOfSeeds } from './given_problems.ts';

const name = z.string().min(1).max(200);
/** null stands for NaN, which JSON lacks. */
const measured = z.number().nullable();

const layerSchema = z.strictObject({
  name,
  type: z
    .string()
    .max(64)
    .default('dense')
    .describe('As in an experiment: dense, conv2d, lstm, batch_norm, …'),
  output_shape: list(z.int().min(1)).max(4).describe('Without the batch, channels first'),
  parameters: z.int().min(0).default(0).describe('Number of trained parameters'),
  activation: activationSchema
    .nullable()
    .default(null)
    .describe('The activation of the layer, or of the activation layer that follows it'),
  is_output: z.boolean().default(false).describe('Whether this layer gives the prediction'),
});

const seriesSchema = z
  .strictObject({
    layer: name.nullable().describe('Null: the run as a whole'),
    tensor: name
      .nullable()
      .describe(
        'output, output_gradient, kernel, kernel.gradient, kernel.update; null for the run as a whole',
      ),
    metric: name.describe('As in the statistics of a job: rms, l2_norm, ratio_to_weight, effective_rank, …'),
    steps: list(z.int().min(0)).max(100_000),
    values: list(measured).max(100_000),
  })
  .refine(({ steps, values }) => steps.length === values.length, 'steps and values are of different length');

const unitPassSchema = z.strictObject({
  step: z.int().min(0),
  layer: name,
  units: z.int().min(1),
  dead_units: z
    .int()
    .min(0)
    .nullable()
    .default(null)
    .describe('Units that are exactly 0 on every sample of a full pass'),
  saturated_units: z
    .int()
    .min(0)
    .nullable()
    .default(null)
    .describe('Units that are saturated on at least 95 % of the samples'),
});

const givenTraceSchema = z
  .strictObject({
    seed: z.int().min(0).default(0),
    layers: list(layerSchema).min(1).max(2000).describe('In the order of the forward pass'),
    series: list(seriesSchema).max(50_000).default([]),
    losses: list(measured).min(1).max(1_000_000).describe('Training loss of every step'),
    gradient_norms: list(measured)
      .max(1_000_000)
      .default([])
      .describe('L2 norm of all gradients, of every step'),
    initial_loss: z.number().nullable().default(null).describe('Default: the first of `losses`'),
    final_loss: measured
      .optional()
      .describe(
        'Loss on the training split after the last step; default: the mean of the last tenth of `losses`',
      ),
    validation_loss: z.number().nullable().default(null),
    validation_accuracy: z.number().min(0).max(1).nullable().default(null),
    constant_loss: z
      .number()
      .positive()
      .nullable()
      .default(null)
      .describe('Loss of the best prediction that ignores the input; default: the initial loss'),
    unit_passes: list(unitPassSchema).max(10_000).default([]),
    input_rms: z.number().min(0).nullable().default(null).describe('Root mean square of the inputs'),
    class_counts: list(z.int().min(0)).nullable().default(null),
    class_recall: list(z.number().min(0).max(1)).nullable().default(null),
  })
  .superRefine((given, context) => {
    for (const { path, message, fix } of givenProblems(given))
      context.addIssue({ code: 'custom', path: [...path], message, params: { fix } });
  })
  .meta({ id: 'GivenTrace' });

export const givenTracesSchema = list(givenTraceSchema)
  .min(1)
  .max(16)
  .superRefine((traces, context) => {
    for (const { path, message, fix } of problemsOfSeeds(traces))
      context.addIssue({ code: 'custom', path: [...path], message, params: { fix } });
  });

type GivenTrace = z.output<typeof givenTraceSchema>;

const number = (value: number | null): number => value ?? Number.NaN;

function tracedLayer({ activation, ...layer }: GivenTrace['layers'][number]): TracedLayer {
  const resolved = activation === null ? null : resolveActivation(activation);
  const shape = resolved === null ? null : activationShape(resolved);
  return {
    ...layer,
    parameter_names: [],
    activation: resolved?.name ?? null,
    saturation: shape?.saturation ?? null,
    dead_zone: shape?.dead_zone ?? false,
  };
}

const toSeries = ({ layer, tensor, metric, steps, values }: GivenTrace['series'][number]): Series => ({
  layer,
  tensor,
  metric,
  steps: Int32Array.from(steps),
  values: Float64Array.from(values, number),
});

/** The first step whose loss or gradient is not finite; where it began is not known. */
function divergenceOf(losses: Float64Array, norms: Float64Array): Trace['divergence'] {
  const step = losses.findIndex(
    (loss, i) => !Number.isFinite(loss) || (i < norms.length && !Number.isFinite(norms[i])),
  );
  if (step === -1) return null;
  return { step, layer: null, tensor: 'loss', direction: 'forward', value: 'nan' };
}

/** Mean of the last tenth: one batch alone is noise. */
function lastLosses(losses: Float64Array): number {
  const tail = losses.subarray(-Math.max(1, Math.ceil(losses.length / 10)));
  return tail.reduce((sum, loss) => sum + loss, 0) / tail.length;
}

/** The Trace that the rules read. */
export function traceOfGiven(recorded: GivenTrace): Trace {
  const given = withoutFrozen(recorded);
  const losses = Float64Array.from(given.losses, number);
  const norms = Float64Array.from(given.gradient_norms, number);
  const divergence = divergenceOf(losses, norms);
  const initial = given.initial_loss ?? (losses[0] as number);
  const final = given.final_loss === undefined ? lastLosses(losses) : number(given.final_loss);
  const evaluation = {
    penalty: 0,
    accuracy: null,
    validation_loss: null,
    validation_data_loss: null,
    validation_accuracy: null,
  };
  return {
    seed: given.seed,
    steps_planned: losses.length,
    steps_completed: divergence?.step ?? losses.length,
    layers: given.layers.map(tracedLayer),
    series: given.series.map(toSeries),
    losses,
    gradient_norms: norms,
    data_losses: losses,
    initial: { ...evaluation, loss: initial, data_loss: initial },
    final: {
      ...evaluation,
      loss: final,
      data_loss: final,
      validation_data_loss: given.validation_loss,
      validation_loss: given.validation_loss,
      validation_accuracy: given.validation_accuracy,
    },
    constant_loss: given.constant_loss ?? initial,
    least_loss: 0,
    modes: [],
    batch_order: null,
    reference: null,
    rate_trials: [],
    unit_passes: given.unit_passes,
    divergence,
    tied_units: [],
    data: {
      input_rms: given.input_rms,
      feature_scale_ratio: null,
      target_range: null,
      target_moments: null,
      target_rows: null,
      class_counts: given.class_counts,
    },
    class_recall: given.class_recall,
    weights: null,
  };
}
