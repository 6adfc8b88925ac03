/** @file Measures a network over a whole split in inference mode: one pass, read for whatever is asked. Never writes to the weights. */
import { type DataSplits, gatherInputs, type InputLayout, type Split } from '../data/index.ts';
import { bytesOf, flopsOf, type Session, sizeOf } from '../graph/index.ts';
import { type BuiltLayer, outputLayers } from '../network/index.ts';
import {
  type LabelRecall,
  SATURATED_SAMPLES,
  UnitCounter,
  type UnitPass,
  unitLayout,
} from '../statistics/index.ts';
import { type Checkpoint, createAskingSession, neverCanceled } from './cancel.ts';
import { type Compiled, type CompileOptions, compileInference, names } from './compile.ts';
import { keptRows, type Rows, rankOf, rowsOf, type WatchedLayer, watched } from './layer_outputs.ts';
import type { Model } from './model.ts';
import {
  accuracyOf,
  argmax,
  countRight,
  featureOf,
  fillTargets,
  fillWeights,
  hasAnswers,
  keptAt,
  type TargetCoding,
  varyingPlaces,
} from './targets.ts';

/** Samples per inference run; the last chunk of a split is filled up with samples that are then left out. */
const CHUNK = 256;
/** Bounds of one run, as admission bounds a step: of a network that is costly for each sample fewer go at once. */
const [MAX_FLOPS, MAX_BYTES] = [5e9, 2 ** 29];

/** @param samples at most so many in a run */
function compileChunk(options: CompileOptions, samples: number) {
  const compiled = compileInference({ ...options, batchSize: samples });
  const { graph } = compiled;
  const excess = Math.max(1, flopsOf(graph) / MAX_FLOPS, bytesOf(graph) / MAX_BYTES);
  const batchSize = Math.max(1, Math.floor(samples / excess));
  if (batchSize === samples) return { compiled, batchSize };
  return { compiled: compileInference({ ...options, batchSize }), batchSize };
}

export interface SplitResult {
  /** Mean loss without penalty. */
  readonly loss: number;
  readonly accuracy: number | null;
  /** The mean of what layers add to the loss. */
  readonly penalty: number;
  /** The loss in the scale that the targets had before they were standardized; null where they were not. */
  readonly original: number | null;
}

/** Soft targets are no labels. */
const isLabel = (target: number): boolean => target === 0 || target === 1;

/** What one pass is read for: told of every chunk of samples after it has run, asked at the end. */
export interface Reading<T = unknown> {
  /** Outputs of the graph. */
  readonly fetched: Iterable<string>;
  /** @param indices the chunk's samples */
  read(indices: Int32Array): void;
  result(): T;
}

/** By class. */
export interface ClassRecall {
  readonly count: readonly number[];
  /** Fraction right; 0 of none. */
  readonly recall: readonly number[];
  /** Fraction for which the largest class is the answer. */
  readonly taken_for_largest: readonly number[];
}

/** @param varies places that count; null for all */
function largestClass({ targets, count }: Split, varies: readonly boolean[] | null, classes: number): number {
  const counts = new Array<number>(classes).fill(0);
  const places = targets.length / count;
  targets.forEach((label, i) => {
    if (varies?.[i % places] !== false) counts[label] = (counts[label] ?? 0) + 1;
  });
  return counts.indexOf(Math.max(...counts));
}

interface Sums {
  loss: number;
  weight: number;
}

/** 0 where nothing has a weight, as in training. */
const meanOf = ({ loss, weight }: Sums): number => (weight === 0 ? 0 : loss / weight);

const noLosses = (): Sums => ({ loss: 0, weight: 0 });

export class Evaluator {
  readonly #session: Session;
  readonly #coding: TargetCoding;
  readonly #watched: readonly WatchedLayer[];
  readonly #layers: readonly BuiltLayer[];
  readonly #chunk: number;
  readonly #inputs: readonly InputLayout[];
  readonly #positions: number;
  readonly #isStandardized: boolean;
  readonly #isMasked: boolean;
  readonly #isPenalized: boolean;
  readonly #predicting: ReadonlySet<string>;

  private constructor(
    session: Session,
    coding: TargetCoding,
    compiled: Compiled,
    { batchSize, targetMoments = null, layers: placed }: CompileOptions,
    inputs: readonly InputLayout[],
  ) {
    const { layers, positionShape } = compiled;
    this.#session = session;
    this.#coding = coding;
    this.#layers = layers;
    this.#watched = watched(layers);
    this.#predicting = new Set(outputLayers(placed).map(({ name }) => name));
    this.#chunk = batchSize;
    this.#inputs = inputs;
    this.#positions = sizeOf(positionShape) / batchSize;
    this.#isStandardized = targetMoments !== null;
    this.#isMasked = compiled.mask !== null;
    this.#isPenalized = compiled.penalties.length > 0;
  }

  static async create(
    options: CompileOptions,
    model: Model,
    coding: TargetCoding,
    data: DataSplits,
    checkpoint: Checkpoint = neverCanceled,
  ): Promise<Evaluator> {
    checkpoint();
    const most = Math.min(CHUNK, Math.max(data.training.count, data.validation?.count ?? 0));
    const { compiled, batchSize } = compileChunk(options, most);
    const sized = { ...options, batchSize };
    const session = await createAskingSession(checkpoint, compiled.graph, model.buffers);
    return new Evaluator(session, coding, compiled, sized, data.inputs);
  }

  /** Runs samples (by default the whole split) chunk by chunk, once for all readings; those that are null are left out. */
  async pass(
    split: Split,
    readings: readonly (Reading | null)[],
    samples: Int32Array | null = null,
  ): Promise<void> {
    const wanted = readings.filter((reading) => reading !== null);
    if (wanted.length === 0) return;
    const fetched = new Set(wanted.flatMap((reading) => [...reading.fetched]));
    const count = samples?.length ?? split.count;
    for (let start = 0; start < count; start += this.#chunk) {
      const real = Math.min(this.#chunk, count - start);
      const filled = new Int32Array(this.#chunk).map((_, i) => {
        const at = start + (i % real);
        return samples === null ? at : (samples[at] as number);
      });
      gatherInputs(split.inputs, this.#inputs, filled, (name) => this.#session.input(names.input(name)));
      fillTargets(this.#session.input(names.targets), split, filled, this.#coding);
      await this.#session.run(fetched);
      for (const reading of wanted) reading.read(filled.subarray(0, real));
    }
  }

  /** Which time steps of these first samples of the pass the loss counts. */
  #mask(samples: number): Float32Array | null {
    if (!this.#isMasked) return null;
    const mask = this.#session.output(names.mask);
    return mask.subarray(0, (samples * mask.length) / this.#chunk);
  }

  #outputsOf(some: readonly Rows[]): string[] {
    return some.flatMap(({ name, masked }) => [
      names.output(name),
      ...(masked ? [names.layerMask(name)] : []),
    ]);
  }

  /** What a layer gave for the first samples of the pass, with its mask. */
  #outputOf({ name, rows, masked }: Rows, shape: readonly number[], samples: number) {
    const values = this.#session.output(names.output(name)).subarray(0, samples * rows * sizeOf(shape));
    const mask = masked ? this.#session.output(names.layerMask(name)) : null;
    return { values, mask: mask?.subarray(0, (samples * mask.length) / this.#chunk) ?? null };
  }

  /** Adds the weighted losses of a chunk: those of this output of the graph. */
  #addLosses(output: string, split: Split, indices: Int32Array, sums: Sums): void {
    const losses = this.#session.output(output);
    const weights = new Float32Array(indices.length * this.#positions).fill(1);
    if (this.#coding.classWeights !== null) fillWeights(weights, split, indices, this.#coding);
    const mask = this.#mask(indices.length);
    if (mask !== null) {
      const each = weights.length / mask.length;
      for (let i = 0; i < weights.length; i++)
        weights[i] = (weights[i] as number) * (mask[Math.floor(i / each)] as number);
    }
    weights.forEach((weight, i) => {
      // What has no weight, a class or a masked time step, takes no part, not even with an infinite loss.
      if (weight > 0) sums.loss += weight * (losses[i] as number);
      sums.weight += weight;
    });
  }

  /** The predictions of all samples of a split, row-major. */
  async predict(split: Split): Promise<Float32Array> {
    const size = this.#coding.positions * this.#coding.outputs;
    const all = new Float32Array(split.count * size);
    const read = (indices: Int32Array) => {
      const values = this.#session.output(names.prediction).subarray(0, indices.length * size);
      all.set(values, (indices[0] as number) * size);
    };
    await this.pass(split, [{ fetched: [names.prediction], read, result: () => all }]);
    return all;
  }

  /** Loss and accuracy of samples of this split. */
  losses(split: Split): Reading<SplitResult> {
    const [sums, original] = [noLosses(), noLosses()];
    const counted = { right: 0, total: 0 };
    const penalty = noLosses();
    const isCounted = hasAnswers(this.#coding.loss);
    return {
      fetched: [
        ...[names.losses, names.prediction],
        ...(this.#isStandardized ? [names.originalLosses] : []),
        ...(this.#isMasked ? [names.mask] : []),
        ...(this.#isPenalized ? [names.penalties] : []),
      ],
      read: (indices) => {
        if (this.#isPenalized)
          for (const term of this.#session.output(names.penalties).subarray(0, indices.length)) {
            penalty.loss += term;
            penalty.weight += 1;
          }
        this.#addLosses(names.losses, split, indices, sums);
        if (this.#isStandardized) this.#addLosses(names.originalLosses, split, indices, original);
        const prediction = this.#session.output(names.prediction);
        const found = countRight(prediction, this.#mask(this.#chunk), split, indices, this.#coding);
        counted.right += found?.right ?? 0;
        counted.total += found?.total ?? 0;
      },
      result: () => ({
        loss: meanOf(sums),
        penalty: meanOf(penalty),
        accuracy: isCounted ? accuracyOf(counted) : null,
        original: this.#isStandardized ? meanOf(original) : null,
      }),
    };
  }

  /** @param samples indices into the split; by default all of it */
  async evaluate(split: Split, samples: Int32Array | null = null): Promise<SplitResult> {
    const losses = this.losses(split);
    await this.pass(split, [losses], samples);
    return losses.result();
  }

  /**
   * Calls back for every place of these samples that the loss counts.
   * @param varies places whose targets differ; null where a sample is one place
   */
  #eachPlace(
    indices: Int32Array,
    places: number,
    varies: readonly boolean[] | null,
    use: (sample: number, row: number, at: number, weight: number) => void,
  ): void {
    const mask = varies === null ? null : this.#mask(this.#chunk);
    indices.forEach((sample, row) => {
      for (let at = 0; at < places; at++) {
        const weight = varies?.[at] === false ? 0 : keptAt(mask, this.#chunk, row, at, places);
        if (weight > 0) use(sample, row, at, weight);
      }
    });
  }

  /**
   * What becomes of the samples of each class: of several, or of the two of one output. Null where the targets are no classes.
   * Where every time step has a class, steps take the place of samples; those that have the same one in all samples are left out.
   */
  recall(split: Split): Reading<ClassRecall> | null {
    const { loss, positions, outputs } = this.#coding;
    const binary = loss.target === 'binary' && outputs === 1 && split.targets.every(isLabel);
    if (!binary && loss.target !== 'classes') return null;
    const classes = binary ? 2 : outputs;
    const threshold = loss.output === 'logits' ? 0 : 0.5;
    const varies = positions === 1 ? null : varyingPlaces(split);
    const largest = largestClass(split, varies, classes);
    const zeros = () => new Float64Array(classes);
    const [count, right, taken] = [zeros(), zeros(), zeros()];
    const add = (sums: Float64Array, label: number, weight: number) => {
      sums[label] = (sums[label] as number) + weight;
    };
    return {
      fetched: [names.prediction, ...(this.#isMasked ? [names.mask] : [])],
      read: (indices) => {
        const prediction = this.#session.output(names.prediction);
        this.#eachPlace(indices, positions, varies, (sample, row, at, weight) => {
          const label = split.targets[sample * positions + at] as number;
          const start = (row * positions + at) * outputs;
          const found = binary
            ? Number((prediction[start] as number) > threshold)
            : argmax(prediction, start, outputs);
          add(count, label, weight);
          if (found === label) add(right, label, weight);
          if (found === largest) add(taken, label, weight);
        });
      },
      result: () => {
        const shares = (sums: Float64Array) => Array.from(sums, (sum, label) => sum / (count[label] || 1));
        return { count: Array.from(count), recall: shares(right), taken_for_largest: shares(taken) };
      },
    };
  }

  /** The same of every label where a sample has several, or several places; each of them is 0 or 1. Null where it is not so. */
  labelRecall(split: Split): Reading<LabelRecall[]> | null {
    const { loss, outputs, features, run } = this.#coding;
    if (loss.target !== 'binary' || outputs < 2 || !split.targets.every(isLabel)) return null;
    const threshold = loss.output === 'logits' ? 0 : 0.5;
    const isSample = outputs === features;
    const varies = isSample ? null : varyingPlaces(split);
    const of = isSample ? {} : { of: run > 1 ? ('pixels' as const) : ('time steps' as const) };
    const count = () => [new Float64Array(features), new Float64Array(features)] as const;
    const [right, samples] = [count(), count()];
    return {
      fetched: [names.prediction, ...(this.#isMasked ? [names.mask] : [])],
      read: (indices) => {
        const prediction = this.#session.output(names.prediction);
        this.#eachPlace(indices, outputs, varies, (sample, row, at, weight) => {
          const label = featureOf(this.#coding, at);
          const target = split.targets[sample * outputs + at] as 0 | 1;
          const found = Number((prediction[row * outputs + at] as number) > threshold);
          samples[target][label] = (samples[target][label] as number) + weight;
          if (found === target) right[target][label] = (right[target][label] as number) + weight;
        });
      },
      result: () =>
        Array.from({ length: features }, (_, label) => {
          const [zeros, ones] = [samples[0][label] as number, samples[1][label] as number];
          const rarer = ones <= zeros ? 1 : 0;
          const [own, others] = rarer === 1 ? [ones, zeros] : [zeros, ones];
          const found = (value: 0 | 1, all: number) =>
            all === 0 ? 0 : (right[value][label] as number) / all;
          const [recall, others_recall] = [found(rarer, own), found(rarer === 1 ? 0 : 1, others)];
          return { ...of, rarer, samples: own, others, recall, others_recall };
        }),
    };
  }

  /** Effective rank of every layer's outputs on the first chunk. See `rankOf`. */
  ranks(): Reading<Map<string, number>> {
    const ranks = new Map<string, number>();
    return {
      fetched: this.#outputsOf(this.#layers.map(rowsOf)),
      read: (indices) => {
        if (ranks.size > 0) return;
        for (const layer of this.#layers) {
          const { values, mask } = this.#outputOf(rowsOf(layer), layer.output_shape, indices.length);
          ranks.set(layer.name, rankOf(values, layer.output_shape, mask));
        }
      },
      result: () => ranks,
    };
  }

  /** Whether an output is 0 because all its targets are. */
  #isToBeZero({ name, units }: WatchedLayer, { targets }: Split): (unit: number) => boolean {
    const { loss, outputs } = this.#coding;
    if (loss.target !== 'values' || units !== outputs || !this.#predicting.has(name)) return () => false;
    return (unit) => {
      for (let i = unit; i < targets.length; i += outputs) if (targets[i] !== 0) return false;
      return true;
    };
  }

  /**
   * Dead and saturated units of every layer that can have them; null where none can. A unit of the output whose targets are all 0
   * does what is asked of it, and is not dead.
   */
  units(step: number, split: Split): Reading<UnitPass[]> | null {
    if (this.#watched.length === 0) return null;
    const counters = this.#watched.map(({ shape }) => new UnitCounter(unitLayout(shape)));
    return {
      fetched: this.#outputsOf(this.#watched),
      read: (indices) => {
        this.#watched.forEach((layer, i) => {
          const { values, mask } = this.#outputOf(layer, layer.shape, indices.length);
          const size = mask === null ? 1 : values.length / mask.length;
          counters[i]?.add(keptRows(values, size, mask), layer.saturation, layer.deadZone);
        });
      },
      result: () =>
        this.#watched.map((layer, i) => {
          const { name, units, deadZone, saturation } = layer;
          const counter = counters[i] as UnitCounter;
          const dead = deadZone ? counter.dead(this.#isToBeZero(layer, split)) : null;
          const saturated = saturation === null ? null : counter.saturatedOn(SATURATED_SAMPLES);
          const counts = { dead_units: dead?.length ?? null, saturated_units: saturated?.length ?? null };
          return { step, layer: name, units, ...counts, dead, saturated };
        }),
    };
  }

  release(): Promise<void> {
    return this.#session.release();
  }
}
