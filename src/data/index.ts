/** @file The data sets that this server knows, the schema of `data` in a request, and the way from it to samples. */
import { z } from 'zod';
import { assert, present } from '../util/assert.ts';
import { createRandom } from '../util/random.ts';
import {
  type DataDescription,
  type DataPart,
  type DataProblem,
  type Range,
  readAs,
  samplesAs,
  sizeOf,
  type TargetReading,
} from './data_set.ts';
import { fileGivesBack } from './file/samples.ts';
import { layoutOf, matchInputs, type WantedInput } from './input_layout.ts';
import { commonOptions, MAX_NUMBERS, targetsOption } from './options.ts';
import { addingProblem } from './sets/adding_problem.ts';
import { blobs } from './sets/blobs.ts';
import { breastCancer } from './sets/breast_cancer.ts';
import { circles } from './sets/circles.ts';
import { copyMemory } from './sets/copy_memory.ts';
import { diabetes } from './sets/diabetes.ts';
import { digits } from './sets/digits.ts';
import { file } from './sets/file.ts';
import { friedman } from './sets/friedman.ts';
import { inline, inlineReference, inlineReferenceOf } from './sets/inline.ts';
import { iris } from './sets/iris.ts';
import { moons } from './sets/moons.ts';
import { parity } from './sets/parity.ts';
import { sine } from './sets/sine.ts';
import { spirals } from './sets/spirals.ts';
import { teacher } from './sets/teacher.ts';
import { wine } from './sets/wine.ts';
import { xor } from './sets/xor.ts';
import { type DataSplits, splitSamples } from './splits.ts';

export { type Batches, createBatches, effectiveBatchSize, gatherInputs } from './batches.ts';
export { balancedWeights } from './class_weights.ts';
export {
  classesAs,
  type DataDescription,
  type DataPart,
  type DataProblem,
  fitsOutput,
  readAs,
  type Samples,
  type TargetColumn,
  type TargetFacts,
  type TargetReading,
  wantedOutput,
} from './data_set.ts';
export { imageSize, readsAsClasses } from './file/samples.ts';
export {
  channelsFirst,
  channelsLastHint,
  type InputLayout,
  type InputMismatch,
  isChannelsLast,
  matchInputs,
  type WantedInput,
} from './input_layout.ts';
export { MAX_CLASSES } from './options.ts';
export { type BatchOrder, batchOrder } from './order.ts';
export { type DataSplits, type Split, splitSizes } from './splits.ts';
export { type DataSummary, summarizeData } from './summary.ts';

/** In the order of the catalogue. Adding a data set is one file and one line here. */
export const dataParts = [
  moons,
  circles,
  blobs,
  spirals,
  xor,
  sine,
  friedman,
  teacher,
  addingProblem,
  copyMemory,
  parity,
  iris,
  wine,
  breastCancer,
  digits,
  diabetes,
  inline,
  file,
] as const;

type SchemaOf<Part> =
  Part extends DataPart<infer Type, infer Options>
    ? z.ZodObject<{ type: z.ZodLiteral<Type> } & Options & typeof commonOptions, z.core.$strict>
    : never;
type SchemasOf<Parts extends readonly unknown[]> = {
  -readonly [Index in keyof Parts]: SchemaOf<Parts[Index]>;
};
type Schemas = SchemasOf<typeof dataParts>;

/** The common options are listed last, but a part's own never share their names. */
function schemaOf(part: DataPart) {
  return z
    .strictObject({
      type: z.literal(part.type),
      ...part.options,
      ...commonOptions,
      ...('targets' in part.options ? {} : targetsOption),
    })
    .superRefine((config, context) => {
      for (const { path, message, fix } of problemsOf(part, config)) {
        context.addIssue({ code: 'custom', path: [...path], message, ...(fix && { params: { fix } }) });
      }
    })
    .meta({ description: `${part.title}. ${part.description}` });
}

function problemsOf(part: DataPart, config: Record<string, unknown>): DataProblem[] {
  const problems = part.check?.(config) ?? [];
  if (problems.length > 0) return problems;
  const { samples, input_shape, target_shape } = part.describe(config);
  const numbers = samples * (sizeOf(input_shape) + sizeOf(target_shape));
  const most = part.maxNumbers ?? MAX_NUMBERS;
  if (numbers <= most) return [];
  return [{ path: ['samples'], message: `makes ${numbers} numbers, more than ${most}` }];
}

/** `data` of an experiment. A problem of the options together carries its remedy as `params.fix`. */
export const dataSchema = z.discriminatedUnion('type', dataParts.map(schemaOf) as unknown as Schemas);

export type DataConfig = z.output<typeof dataSchema>;

/** `data` as reports name it: where the numbers came in the request, their hash stands for them, unless more is asked for. */
export const reportedDataSchema = z.union([inlineReference.extend(commonOptions), dataSchema]);

export type ReportedData = z.output<typeof reportedDataSchema>;

export function reportedData(config: DataConfig): ReportedData {
  if (config.type !== 'inline') return config as ReportedData;
  const { inputs, targets, ...options } = config;
  return { ...options, ...inlineReferenceOf({ inputs, targets }) };
}

const partsByType = new Map<string, DataPart>(dataParts.map((part) => [part.type, part]));
const partOf = (config: DataConfig): DataPart => present(partsByType.get(config.type), config.type);

/** Whether the network is to give back what it got. */
export const learnsInputs = (config: DataConfig): boolean =>
  config.type === 'file' ? fileGivesBack(config) : (config as { targets?: unknown }).targets === 'inputs';

export function describeData(config: DataConfig): DataDescription {
  const description = partOf(config).describe(config);
  if (!learnsInputs(config)) return description;
  const { input_shape, input_range } = description;
  const binary = input_range !== undefined && isBinary(input_range, config);
  return {
    ...description,
    target_shape: input_shape,
    classes: null,
    also_values: true,
    binary,
    labels: false,
  };
}

/** Whether the inputs, as the network gets them, lie between 0 and 1. */
const isBinary = (range: Range, { scale, standardize }: DataConfig): boolean =>
  !standardize && range.every((end) => end * scale >= 0 && end * scale <= 1);

/**
 * Makes the samples of an experiment: generated → read as the loss reads them → shuffled → cut to `samples` → split → scaled → standardized.
 * Deterministic in the configuration and the seed.
 * @param inputs of the network; the data have to fit them
 * @param reading of the loss; by default targets are as the data set has them
 */
export function loadData(
  config: DataConfig,
  seed: number,
  inputs: readonly WantedInput[],
  reading: TargetReading = 'classes',
): DataSplits {
  const part = partOf(config);
  const stored = describeData(config);
  const description = readAs(stored, reading);
  const match = matchInputs(description, inputs);
  assert('fields' in match, `${config.type} does not fit the network's inputs`);
  const samples = samplesAs(part.generate(config, createRandom(seed, 'data')), stored, reading);
  return splitSamples(samples, description, layoutOf(description, inputs), config, {
    seed,
    learnsInputs: learnsInputs(config),
  });
}
