/** @file The initial weights: units that are copies, a scale that changes from layer to layer, a loss far above chance. */

import { findSeries, lossRatio, lossScale, type Trace, type TracedLayer } from '../../statistics/index.ts';
import { POOR, WRECKED } from '../consequences.ts';
import { severityByProgress } from '../evidence/progress.ts';
import { trainedHiddenLayers } from '../evidence/series.ts';
import { defineRule, evidenceOf, type Finding, notEvaluable, type SeedEvidence } from '../rule.ts';
import { beyond, isBeyond, measured, named, ofConstant, percent, text } from '../wording.ts';

const thresholds = {
  tied_unit_fraction: {
    value: 0.5,
    unit: 'fraction of the units of a kernel',
    source: 'TheDeepChecker: symmetric initial weights',
    rationale: 'Units with the same weights and gradients stay copies of each other for good',
  },
  output_scale_ratio: {
    value: 1e3,
    unit: 'largest / smallest output RMS of the hidden layers at step 0',
    source: 'Amazon SageMaker Debugger, PoorWeightInitialization: variance ratio between layers > 10',
    rationale: 'A signal that grows or shrinks a thousandfold over the depth was not kept by the weights',
  },
  answer_scale_ratio: {
    value: 10,
    unit: 'output RMS at step 0 / RMS of the targets or of the inputs, 1 at least, of a regression',
    source: 'Glorot & Bengio 2010: weights that keep the size of the signal',
    rationale:
      'Weights that keep the size of the inputs answer with numbers of that size, of which a tenth is chance',
  },
  left_of_the_start: {
    value: 2,
    unit: 'final training loss / loss of the best constant, of a regression that started above it by answers of more than thrice the size of its targets and inputs',
    source: 'this project',
    rationale:
      'A constant is what any last layer can answer: what stands above twice its loss at the end are first answers that were not taken back',
  },
  initial_loss_ratio: {
    value: 5,
    unit: 'initial training loss / loss of a prediction that knows nothing, not even which classes are rare',
    source: 'TheDeepChecker: initial loss against −log(1/classes)',
    rationale: 'Before it has seen anything, a network should be about as wrong as a constant',
  },
} as const;

interface Scale {
  readonly layer: string | null;
  readonly ratio: number;
}

/** Over the layers whose outputs are not all 0. */
function scaleOfOutputs(trace: Trace): Scale {
  const rms = trainedHiddenLayers(trace).flatMap(({ name }) => {
    const series = findSeries(trace, name, 'output', 'rms');
    const value = series?.values[0];
    return value === undefined || !Number.isFinite(value) || value === 0 ? [] : [{ layer: name, value }];
  });
  const [first, ...rest] = rms;
  if (first === undefined) return { layer: null, ratio: 1 };
  const [low, high] = rest.reduce(
    ([least, most], next) => [next.value < least.value ? next : least, next.value > most.value ? next : most],
    [first, first],
  );
  return { layer: high === first ? low.layer : high.layer, ratio: high.value / low.value };
}

/**
 * In inference mode, and where the network is another one in training, that of the first batch if it is less: running averages that
 * have seen no batch yet say nothing of the weights.
 */
const firstLoss = ({ initial, data_losses, modes }: Trace): number =>
  modes.length === 0
    ? initial.data_loss
    : Math.min(initial.data_loss, data_losses[0] ?? Number.POSITIVE_INFINITY);

/**
 * The first loss over that of an answer that takes all classes for equally likely. For classes only: a fresh network answers numbers
 * near 0, and the values of a regression may be far from 0.
 */
function lossAgainstChance(trace: Trace): number | null {
  const { class_counts } = trace.data;
  if (class_counts === null || trace.constant_loss <= 1e-9) return null;
  const chance = Math.max(lossScale(trace), Math.log(class_counts.length));
  return (firstLoss(trace) - trace.least_loss) / chance;
}

const startOf = (trace: Trace, layer: string, tensor: string, metric: string): number =>
  findSeries(trace, layer, tensor, metric)?.values[0] ?? Number.NaN;

/**
 * Keeping the size of a signal takes 1, or √2 under ReLU: weights of variance (1 or 2) / inputs. Measured on all scenarios and reports:
 * weights that are drawn as usual enlarge it 1.7-fold at most, those that explode 3.5-fold at least. Weights that were made larger for
 * sines, or stand before a normalization (3.9 to 13-fold), learn, so that nothing is found of them.
 */
const LARGE_GAIN = 3;

/** By how much the kernel of a dense or convolutional layer enlarges a signal before its activation: RMS of the weights · √inputs of a unit. */
function kernelGain(trace: Trace, { name, type, output_shape: shape }: TracedLayer): number {
  if (!['dense', 'conv1d', 'conv2d'].includes(type)) return Number.NaN;
  const rms = startOf(trace, name, 'kernel', 'rms');
  const weights = (startOf(trace, name, 'kernel', 'l2_norm') / rms) ** 2;
  const units = (type === 'conv2d' ? shape.at(-3) : shape.at(-1)) ?? 1;
  return rms * Math.sqrt(weights / units);
}

/** The size that is expected of answers: that of the targets or of the inputs, 1 at least. */
const expectedSize = ({ target_moments: targets, input_rms }: Trace['data']): number =>
  Math.max(1, targets === null ? 1 : Math.hypot(targets.mean, targets.std), input_rms ?? 1);

/** What that size is of. */
function expectedBy({ traces }: Finding): string {
  const data = traces[0]?.data;
  if (data === undefined || data.target_moments === null) return 'the targets';
  const { mean, std } = data.target_moments;
  const size = expectedSize(data);
  if (size === 1) return 'numbers of size 1, which initial weights are made for';
  return size === Math.hypot(mean, std) ? 'the targets' : 'the inputs';
}

interface Loud extends Scale {
  /** Of the layer whose weights enlarge a signal most. */
  readonly gain: number;
}

/**
 * The size of the first answers over that of the targets, where weights are to blame. Targets below 1 count as 1, the size that initial
 * weights are made for; and what large inputs bring along is not of the weights. For values only: classes are judged by the first loss.
 */
function scaleOfAnswers(trace: Trace): Loud | null {
  const output = trace.layers.find(({ is_output }) => is_output)?.name;
  if (trace.data.target_moments === null || output === undefined) return null;
  const answered = startOf(trace, output, 'output', 'rms');
  const gains = trace.layers
    .map((layer) => ({ layer: layer.name, gain: kernelGain(trace, layer) }))
    .filter(({ gain }) => gain > LARGE_GAIN)
    .sort((a, b) => b.gain - a.gain);
  return gains[0] === undefined || Number.isNaN(answered)
    ? null
    : { ...gains[0], ratio: answered / expectedSize(trace.data) };
}

/**
 * The final loss over that of a constant, where a loss that has only come down is still made of the first answers: they were more than
 * so many times too large, by the weights. Null where it is not, or grew.
 */
function leftOfTheStart(trace: Trace, answers: Loud | null): number | null {
  if (answers === null || answers.ratio < LARGE_GAIN || trace.divergence !== null) return null;
  const [first, last] = [lossRatio(trace, trace.initial.data_loss), lossRatio(trace)];
  return last < first ? last : null;
}

/** Layers of which a value is beyond its threshold. */
const layersWith = ({ evidence }: Finding, metric: string): string[] => [
  ...new Set(
    evidence.flatMap((one) =>
      one.metric === metric && isBeyond(one) && one.layer !== null ? [one.layer] : [],
    ),
  ),
];

/** What is beyond its threshold stands first. */
const hitsFirst = (evidence: readonly SeedEvidence[]): SeedEvidence[] =>
  evidence.toSorted(
    (a, b) => Number((b.value ?? 0) > (b.threshold ?? 0)) - Number((a.value ?? 0) > (a.threshold ?? 0)),
  );

export const poorInitialization = defineRule({
  rule: 'poor_initialization',
  title: 'The initial weights are poor',
  description:
    'At step 0: the fraction of units of a kernel with the same weights and the same gradient as another (copies stay ' +
    'copies), largest over smallest output RMS of the hidden layers, the size of the answers of a regression over that of its targets (and what is left of them at the end), and the initial loss over that of ' +
    'chance. Harmless where the network learns all the same.',
  needs: ['probed_series'],
  thresholds,
  sources: ['Glorot & Bengio 2010', 'He et al. 2015, arXiv:1502.01852', 'TheDeepChecker (TOSEM 2023)'],
  // A signal that shrinks or grows with depth takes the gradient along.
  brings_about: [...WRECKED, ...POOR],
  is_consequence: false,
  recorded_as: 'a series of tensor `output`, metric `rms`, of every layer, from step 0 on',
  quorum: 'majority',
  examine(trace, _experiment, limits) {
    if (trace.series.length === 0) return notEvaluable('nothing was measured at step 0');
    const outputs = new Set(trace.layers.filter(({ is_output }) => is_output).map(({ name }) => name));
    const tied = trace.tied_units
      .filter(({ units, layer }) => units > 1 && !outputs.has(layer))
      .map(({ layer, units, tied: copies }) => ({ layer, fraction: copies / units }));
    const copies = tied.filter(({ fraction }) => fraction > limits.tied_unit_fraction);
    const scale = scaleOfOutputs(trace);
    const wide = scale.ratio > limits.output_scale_ratio;
    const answers = scaleOfAnswers(trace);
    const left = leftOfTheStart(trace, answers);
    const kept = left !== null && left > limits.left_of_the_start;
    const loud = answers !== null && (kept || !(answers.ratio <= limits.answer_scale_ratio));
    const chance = lossAgainstChance(trace);
    const wrong = chance !== null && !(chance <= limits.initial_loss_ratio);
    const worst = tied.reduce((most, { fraction }) => Math.max(most, fraction), 0);
    const evidence: SeedEvidence[] = [
      ...(copies.length > 0 ? copies : [{ layer: null, fraction: worst }]).map(({ layer, fraction }) =>
        evidenceOf('tied_unit_fraction', fraction, limits.tied_unit_fraction, 'fraction of units', {
          layer,
          step: 0,
        }),
      ),
      evidenceOf('output_scale_ratio', scale.ratio, limits.output_scale_ratio, 'ratio', {
        layer: scale.layer,
        step: 0,
      }),
      ...(answers === null
        ? []
        : [
            evidenceOf('answer_scale_ratio', answers.ratio, limits.answer_scale_ratio, 'ratio', {
              layer: answers.layer,
              step: 0,
            }),
            evidenceOf('kernel_gain', answers.gain, null, 'RMS of the weights · √inputs', {
              layer: answers.layer,
              step: 0,
            }),
          ]),
      ...(left === null
        ? []
        : [
            evidenceOf('left_of_the_start', left, limits.left_of_the_start, 'final loss / constant loss', {
              step: trace.steps_completed,
            }),
          ]),
      ...(chance === null
        ? []
        : [
            evidenceOf(
              'initial_loss_ratio',
              chance,
              limits.initial_loss_ratio,
              'initial loss / loss of chance',
              {
                step: 0,
              },
            ),
          ]),
    ];
    return {
      kind: 'evaluated',
      found: copies.length > 0 || wide || loud || wrong,
      severity: severityByProgress(trace),
      layers: [
        ...new Set([
          ...copies.map(({ layer }) => layer),
          ...(wide && scale.layer !== null ? [scale.layer] : []),
          ...(loud && answers.layer !== null ? [answers.layer] : []),
        ]),
      ],
      first_step: 0,
      evidence: hitsFirst(evidence),
    };
  },
  explain(finding) {
    const tied = beyond(finding, 'tied_unit_fraction');
    const scale = beyond(finding, 'output_scale_ratio');
    const left = beyond(finding, 'left_of_the_start');
    const loud =
      beyond(finding, 'answer_scale_ratio') ??
      (left === undefined ? undefined : measured(finding, 'answer_scale_ratio'));
    const wrong = beyond(finding, 'initial_loss_ratio');
    return [
      ...(tied === undefined
        ? []
        : [
            `${percent(tied.value ?? 0)} of the units of ${named(layersWith(finding, 'tied_unit_fraction'))} start as copies of each other, with the same gradient, and stay so.`,
          ]),
      ...(scale === undefined
        ? []
        : [
            `At step 0 the outputs of the hidden layers differ ${text(scale.value)}-fold in size (${scale.layer}): the weights do not keep the signal’s scale.`,
          ]),
      ...(loud === undefined
        ? []
        : [
            `Before any step the answers are ${text(loud.value)} times as large as ${expectedBy(finding)}: the weights of ${loud.layer} start so large that they enlarge a signal ${text(measured(finding, 'kernel_gain')?.value)}-fold.${left === undefined ? '' : ` The loss has only come down from there, to ${ofConstant(left.value)}: the steps went into taking these answers back.`}`,
          ]),
      ...(wrong === undefined
        ? []
        : [
            `The first loss is ${text(wrong.value)} times that of chance: before any step the network is sure of what it does not know.`,
          ]),
    ].join(' ');
  },
});
