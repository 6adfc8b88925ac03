/** @file A loss for each of several outputs, and their weighted sum. */
import { z } from 'zod';
import { calculus as c, type GraphBuilder, sizeOf, type Tensor } from '../../graph/index.ts';
import { list } from '../../util/list.ts';
import { jointKeras, jointTorch } from './joint_code.ts';
import { defineLoss, type Loss, type LossPart } from './loss.ts';
import { singleKind } from './single.ts';

const MAX_OUTPUTS = 64;
const MAX_SIZE = 1_000_000;

const outputSchema = z.strictObject({
  loss: singleKind.schema.describe('The loss of this output, as `training.loss`'),
  weight: z.number().min(0).max(1e6).default(1).describe('What it is multiplied with in the sum'),
  shape: list(z.int().min(1).max(MAX_SIZE))
    .min(1)
    .max(4)
    .optional()
    .describe('Of this output, without the batch. Default: as the network gives it to its layer `outputs`'),
});

type Output = z.output<typeof outputSchema>;

/** How many numbers of a sample's targets an output reads. */
const givenOf = (loss: Loss, shape: readonly number[]): number =>
  loss.target === 'classes' ? sizeOf(shape.slice(0, -1)) : sizeOf(shape) / loss.copies;

/** The outputs in turn: where each stands in the prediction and in the targets of a sample. */
function partsOf(outputs: readonly Output[]): LossPart[] {
  let [at, from] = [0, 0];
  return outputs.map(({ loss: config, weight, shape = [1] }) => {
    const loss = singleKind.resolve(config);
    const [size, given] = [sizeOf(shape), givenOf(loss, shape)];
    const part = { loss, weight, shape, at, size, from, given };
    at += size;
    from += given;
    return part;
  });
}

/** Columns of [batch, …] as the output had them. */
function cut(g: GraphBuilder, x: Tensor, { at, size, shape }: LossPart): Tensor {
  const [batch = 1] = x.shape;
  return c.reshape(g, c.slice(g, x, { axis: 1, start: at, step: 1, count: size }), [batch, ...shape]);
}

/** [batch]: the mean over all but the samples. */
const perSample = (g: GraphBuilder, losses: Tensor): Tensor =>
  losses.shape.length === 1
    ? losses
    : c.reduceMean(
        g,
        losses,
        losses.shape.slice(1).map((_, i) => i + 1),
      );

/** Outputs of a part that make one term of its loss. */
const unitOf = ({ loss, shape, size }: LossPart): number =>
  loss.whole ? size : loss.summed ? (shape.at(-1) ?? 1) : 1;

/** ∂loss/∂prediction of one output: of every position by itself, of which the loss is the mean. */
function partSlope(part: LossPart, prediction: readonly number[], target: readonly number[]): number[] {
  const unit = unitOf(part);
  const terms = part.size / unit;
  // What is taken number by number may be handed over together, as rows that have several quantiles have to be.
  const step = unit === 1 ? (part.shape.at(-1) ?? 1) : unit;
  const slopes: number[] = [];
  for (let i = 0; i < part.size; i += step) {
    const [p, t] = [prediction, target].map((row) => row.slice(part.at + i, part.at + i + step)) as [
      number[],
      number[],
    ];
    slopes.push(...part.loss.slope(p, t).map((slope) => (part.weight * slope) / terms));
  }
  return slopes;
}

/** A column of one output's targets over all samples. */
const columnOf = (rows: readonly ArrayLike<number>[], place: number): number[] =>
  rows.map((row) => row[place] as number);

/** The mean over one output's places of a function of a column of targets. */
function overPlaces(
  { loss, shape, size, from, given }: LossPart,
  rows: readonly ArrayLike<number>[],
  of: (column: number[], weights: number[], outputs: number, copy: number) => number,
): number {
  const weights = rows.map(() => 1 / rows.length);
  const places = loss.target === 'classes' ? given : size;
  const copies = places / given;
  const terms = loss.summed && loss.target !== 'classes' ? (shape.at(-1) ?? 1) : 1;
  let sum = 0;
  for (let j = 0; j < places; j++)
    sum += of(columnOf(rows, from + Math.floor(j / copies)), weights, shape.at(-1) ?? 1, j % copies);
  return (sum * terms) / places;
}

function constantOf(part: LossPart, rows: readonly ArrayLike<number>[]): number {
  const { loss, shape, from, given } = part;
  if (loss.wholeConstant === null) return overPlaces(part, rows, loss.constant);
  return loss.wholeConstant(
    rows.map((row) => Array.from({ length: given }, (_, j) => row[from + j] as number)),
    shape,
  );
}

/** A sample's targets as the graph takes them: classes one-hot, others as they are, once for each output that answers to them. */
function encode(
  parts: readonly LossPart[],
  given: ArrayLike<number>,
  start: number,
  out: { [place: number]: number },
  to: number,
): void {
  for (const { loss, shape, at, size, from, given: count } of parts) {
    const first = start + from;
    if (loss.target === 'classes') {
      const classes = shape.at(-1) ?? 1;
      for (let j = 0; j < size; j++)
        out[to + at + j] = Number(given[first + Math.floor(j / classes)] === j % classes);
    } else {
      for (let j = 0; j < size; j++)
        out[to + at + j] = given[first + Math.floor((j * count) / size)] as number;
    }
  }
}

const sum = (terms: readonly number[]): number => terms.reduce((total, term) => total + term, 0);

export const joint = defineLoss({
  type: 'joint',
  title: 'A loss for each of several outputs',
  synonyms: ['multi_task', 'multi_output', 'several_losses', 'weighted_sum', 'losses'],
  formula:
    'Σ weightᵢ · lossᵢ(outputᵢ, targetsᵢ); each the mean over the batch and the positions of its output. The network ends in a layer `outputs`; a ' +
    "sample's targets stand one after another, flat: of a loss of classes one index for each position, of others a number for each target",
  sources: ['Caruana 1997, Multitask Learning', 'Keras, Model.compile, loss_weights'],
  options: {
    outputs: list(outputSchema)
      .min(2)
      .max(MAX_OUTPUTS)
      .describe('One for each input of the layer `outputs`, in their order'),
  },
  target: 'mixed',
  output: 'values',
  whole: true,
  parts: ({ outputs }) => partsOf(outputs),
  build(g, prediction, target, { outputs }) {
    const terms = partsOf(outputs).map((part) =>
      c.mul(
        g,
        perSample(g, part.loss.build(g, cut(g, prediction, part), cut(g, target, part))),
        g.constant(part.weight),
      ),
    );
    return terms.reduce((total, term) => c.add(g, total, term));
  },
  slope: (prediction, target, { outputs }) =>
    partsOf(outputs).flatMap((part) => partSlope(part, prediction, target)),
  /** Of a sample there is no column: its targets mean different things. */
  constant: () => Number.NaN,
  wholeConstant: (rows, _shape, { outputs }) =>
    sum(partsOf(outputs).map((part) => part.weight * constantOf(part, rows))),
  wholeLeast: (rows, { outputs }) =>
    sum(partsOf(outputs).map((part) => part.weight * overPlaces(part, rows, part.loss.least))),
  encode: (given, start, out, to, { outputs }) => encode(partsOf(outputs), given, start, out, to),
  pytorch: ({ outputs }) => jointTorch(partsOf(outputs)),
  keras: ({ outputs }) => jointKeras(partsOf(outputs)),
});
