/** @file What will go wrong, told before training: by theory, by the data, by the settings. Thresholds are those of the rules, the request's where it gives one. */
import { z } from 'zod';
import { type Experiment, lossMismatch, type Plan } from '../experiment/index.ts';
import { familyOf, layersBehind } from '../network/index.ts';
import { MAX_FLOAT32 } from '../network/propagation/index.ts';
import type { Prediction } from '../preflight/index.ts';
import { nonFiniteSchema } from './check.ts';
import { explodingGradient } from './rules/exploding_gradient.ts';
import { unscaledInputs } from './rules/unscaled_inputs.ts';
import { vanishingGradient } from './rules/vanishing_gradient.ts';
import { text } from './wording.ts';

export const staticFindingSchema = z
  .object({
    rule: z
      .string()
      .describe(
        'The rule that will find it if it happens; or `lost_mask`, which no rule can find: padding is treated as data',
      ),
    severity: z.enum(['critical', 'warning']),
    layers: z.array(z.string()),
    metric: z.string(),
    value: z.number().nullable(),
    threshold: z.number().nullable(),
    unit: z.string(),
    message: z.string(),
    non_finite: nonFiniteSchema,
  })
  .meta({ id: 'StaticFinding' });

export type StaticFinding = z.output<typeof staticFindingSchema>;

type Given = Experiment['diagnostics']['rules'];

/** Learning rates of published defaults lie well within; DeepDiagnosis warns beyond 1e-5 … 0.1 whatever the optimizer. */
const RATES: Readonly<Record<'descent' | 'adaptive', readonly [number, number]>> = {
  descent: [1e-5, 5],
  adaptive: [1e-6, 0.2],
};

/**
 * Gradients of a network whose values overflow. Theory has no gradient there, so one of size 1 is followed back through the gains of the
 * layers: g² · size = gain · (g² · size of the layer behind). All null where the layers are not in a row.
 */
function gradientsByGains({ layers: built }: Plan, { layers }: Prediction): (number | null)[] {
  const found = new Array<number | null>(built.length).fill(null);
  const isRow = built.every(({ inputs }, i) => i === 0 || inputs.join() === built[i - 1]?.name);
  if (!isRow) return found;
  const sizeOf = (i: number) => built[i]?.output_shape.reduce((size, length) => size * length, 1) ?? 1;
  const last = layers.findLastIndex(({ gain }) => gain !== null);
  if (last >= 0) found[last] = 1;
  for (let i = last; i > 0; i--) {
    const square = ((found[i] ?? 0) ** 2 * (layers[i]?.gain ?? Number.NaN) * sizeOf(i)) / sizeOf(i - 1);
    found[i - 1] = Math.sqrt(square);
  }
  return found;
}

/** Hidden layers with weights, and the gradient that theory predicts at them. */
function gradients(plan: Plan, prediction: Prediction): { layer: string; rms: number }[] {
  const { layers, overflow } = prediction;
  const predicted =
    overflow === null
      ? layers.map(({ predicted_gradient_rms }) => predicted_gradient_rms)
      : gradientsByGains(plan, prediction);
  return plan.layers.slice(0, -1).flatMap(({ name, parameters, type }, i) => {
    const rms = predicted[i];
    return parameters === 0 || type === 'residual' || rms === null || rms === undefined
      ? []
      : [{ layer: name, rms }];
  });
}

function byTheory(plan: Plan, prediction: Prediction, given: Given): StaticFinding[] {
  const { gradient_ratio: vanishing } = vanishingGradient.limits(given.vanishing_gradient);
  const { gradient_growth: exploding } = explodingGradient.limits(given.exploding_gradient);
  const profile = gradients(plan, prediction);
  if (profile.length < 2) return [];
  const reached = layersBehind(plan.layers);
  const behind = profile.map(({ layer }) => profile.filter((one) => reached.get(layer)?.has(one.layer)));
  const largestBehind = behind.map((some) => Math.max(...some.map(({ rms }) => rms)));
  const growth = profile.map(({ rms }, i) => {
    const last = behind[i]?.at(-1)?.rms ?? 0;
    return last > 0 ? rms / last : 0;
  });
  const faint = profile.filter(({ rms }, i) => rms / (largestBehind[i] as number) < vanishing);
  const huge = profile.filter((_, i) => !((growth[i] as number) <= exploding));
  const finding = (
    rule: string,
    metric: string,
    hits: readonly { layer: string }[],
    value: number,
    threshold: number,
    message: string,
  ): StaticFinding => ({
    rule,
    severity: 'warning',
    layers: hits.map(({ layer }) => layer),
    metric,
    value,
    threshold,
    unit: 'ratio',
    message,
  });
  const least = Math.min(...profile.map(({ rms }, i) => rms / (largestBehind[i] as number)));
  const most = Math.max(...growth);
  return [
    ...(faint.length === 0
      ? []
      : [
          finding(
            'vanishing_gradient',
            'predicted_gradient_ratio',
            faint,
            least,
            vanishing,
            `Theory predicts that the gradient shrinks to less than ${text(vanishing)} of the largest on its way to these layers.`,
          ),
        ]),
    ...(huge.length === 0
      ? []
      : [
          finding(
            'exploding_gradient',
            'predicted_gradient_growth',
            huge,
            most,
            exploding,
            `Theory predicts that the gradient grows to more than ${text(exploding)} times that of the last hidden layer on its way to these layers.`,
          ),
        ]),
  ];
}

function byOverflow({ overflow }: Prediction): StaticFinding[] {
  if (overflow === null) return [];
  return [
    {
      rule: 'non_finite_values',
      severity: 'critical',
      layers: [overflow.layer],
      metric: 'predicted_forward_rms',
      value: overflow.rms,
      threshold: MAX_FLOAT32,
      unit: 'root mean square',
      message:
        'Theory predicts values at this layer that float32 cannot hold: the first step already overflows.',
    },
  ];
}

/** Kernels of one number: all units of the layer are copies of each other. */
function symmetric({ parameters, layers }: Plan): StaticFinding[] {
  const output = layers.findLast(
    ({ name, parameters: own, weights, borrows }) => own > 0 || weights !== name || borrows !== null,
  )?.name;
  const tied = parameters.filter(({ name, tensor, shape, initializer }) => {
    const type = typeof initializer === 'string' ? initializer : initializer.type;
    const several = shape.length >= 2 && Math.max(...shape) > 1;
    return (
      tensor === 'kernel' &&
      several &&
      ['zeros', 'ones', 'constant'].includes(type) &&
      !name.startsWith(`${output}/`)
    );
  });
  if (tied.length === 0) return [];
  return [
    {
      rule: 'poor_initialization',
      severity: 'warning',
      layers: tied.map(({ layer }) => layer),
      metric: 'constant_kernels',
      value: tied.length,
      threshold: 0,
      unit: 'kernels',
      message:
        'All weights of a kernel start with the same number, so that its units may stay copies of each other.',
    },
  ];
}

function byData(
  { input_rms, feature_scale_ratio }: Prediction['data'],
  plan: Plan,
  given: Given,
): StaticFinding[] {
  const limits = unscaledInputs.limits(given.unscaled_inputs);
  const [first] = plan.layers;
  const normalized = first !== undefined && familyOf(first.type) === 'normalization';
  if (input_rms === null || normalized) return [];
  const common: Pick<StaticFinding, 'rule' | 'severity' | 'layers'> = {
    rule: 'unscaled_inputs',
    severity: 'warning',
    layers: [],
  };
  const { input_rms: largest, smallest_input_rms: smallest } = limits;
  if (input_rms > largest || input_rms < smallest) {
    const threshold = input_rms > largest ? largest : smallest;
    const message = 'The inputs are on a scale that initializers are not made for: standardize them.';
    return [
      { ...common, metric: 'input_rms', value: input_rms, threshold, unit: 'root mean square', message },
    ];
  }
  if (feature_scale_ratio === null || feature_scale_ratio <= limits.feature_scale_ratio) return [];
  const message = `Some features vary more than ${text(limits.feature_scale_ratio)} times as much as others: standardize them.`;
  return [
    {
      ...common,
      metric: 'feature_scale_ratio',
      value: feature_scale_ratio,
      threshold: limits.feature_scale_ratio,
      unit: 'ratio',
      message,
    },
  ];
}

function byLearningRate({ training: { optimizer } }: Experiment): StaticFinding[] {
  const { type, learning_rate } = optimizer as { type: string; learning_rate: number };
  const [low, high] = RATES[type === 'sgd' ? 'descent' : 'adaptive'];
  if (learning_rate >= low && learning_rate <= high) return [];
  const large = learning_rate > high;
  return [
    {
      rule: 'update_ratio',
      severity: 'warning',
      layers: [],
      metric: 'learning_rate',
      value: learning_rate,
      threshold: large ? high : low,
      unit: 'learning rate',
      message: `A learning rate of ${learning_rate} is ${large ? 'larger' : 'smaller'} than ${type} is known to train with.`,
    },
  ];
}

/** Layers at which a mask ends that they do not obey. */
const byMasks = ({ lost_masks }: Plan): StaticFinding[] =>
  lost_masks.map(({ layer, why }) => ({
    rule: 'lost_mask',
    severity: 'warning',
    layers: [layer],
    metric: 'lost_masks',
    value: 1,
    threshold: 0,
    unit: 'masks',
    message: `The mask of padded time steps ends at this layer: ${why}. From here on padding counts as data.`,
  }));

/** Everything that can be told without training. */
export function staticFindings(
  experiment: Experiment,
  plan: Plan,
  data: Prediction['data'],
  prediction: Prediction,
): StaticFinding[] {
  const given = experiment.diagnostics.rules;
  const mismatch = lossMismatch(experiment, data.target_range);
  return [
    ...byData(data, plan, given),
    ...(mismatch === null
      ? []
      : [
          {
            rule: 'loss_output_mismatch',
            severity: mismatch.severity,
            layers: plan.layers.slice(-1).map(({ name }) => name),
            metric: mismatch.what,
            value: 1,
            threshold: 0,
            unit: 'mismatches',
            message: mismatch.message,
          },
        ]),
    ...symmetric(plan),
    ...byMasks(plan),
    ...byOverflow(prediction),
    ...byTheory(plan, prediction, given),
    ...byLearningRate(experiment),
  ];
}
