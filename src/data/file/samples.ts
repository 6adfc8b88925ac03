/** @file The chosen columns, arrays or images of a file → samples. */
import { join } from 'node:path';
import {
  blockBytes,
  type FileFacts,
  fileFacts,
  folderOf,
  type ImageSize,
  imagesName,
  isChannelsLast,
  NUMBERS,
  type OnDemand,
  SideBySide,
  StoredNumbers,
  sharedBlock,
} from '../../files/index.ts';
import { present } from '../../util/assert.ts';
import {
  columnsOf,
  type DataDescription,
  describeClasses,
  describeValues,
  fewOf,
  type InputField,
  sizeOf as numbersOf,
  type Range,
  type Samples,
  type TargetColumn,
  type TargetFacts,
  type TargetReading,
} from '../data_set.ts';
import { MAX_CLASSES } from '../options.ts';
import {
  arrayNames,
  type FileOptions,
  givesBack,
  inputColumns,
  namedInputs,
  targetColumns,
} from './selection.ts';

type Read = Float64Array | Float32Array | Int32Array | Uint8Array;

interface Source {
  readonly folder: string;
  readonly facts: FileFacts;
}

/** @throws where the file is not at hand: whoever runs an experiment brings its files first */
function sourceOf({ file }: FileOptions): Source {
  return { folder: present(folderOf(file), `${file} at hand`), facts: present(fileFacts(file), file) };
}

const read = ({ folder }: Source, name: string): Read =>
  present(sharedBlock(join(folder, NUMBERS), name), name);

/** From so many bytes on an array stays in its file, which would fill the memory. */
const LARGE = 2 ** 27;
/** Samples of fewer bytes are not worth a read of their own. */
const WORTH_READING = 2 ** 9;

/** The inputs of the samples, in the memory that threads share or, where they are large, in their file. */
function readInputs(path: string, name: string, samples: number): Read | OnDemand {
  const bytes = blockBytes(path, name);
  if (bytes >= LARGE && bytes >= samples * WORTH_READING) return new StoredNumbers(path, name);
  return present(sharedBlock(path, name), name);
}

/** The size that images are decoded in. */
const sizeOf = ({ size, channels }: Pick<FileOptions, 'size' | 'channels'>): ImageSize => ({
  height: size?.[0] ?? 1,
  width: size?.[1] ?? 1,
  channels,
});

/** How a class is coded: the index of its value among all values, or of a text its code. */
const classCount = (facts: FileFacts, name: string): number =>
  facts.numbers[name]?.categories.length || (facts.numbers[name]?.values?.length ?? 0);

/** As `inline` data: whole numbers from 0 are class indices as they are. */
function plainClasses(facts: FileFacts, names: readonly string[]): number | null {
  const { whole, min, max } = facts.numbers[names[0] ?? ''] ?? {};
  const isIndex =
    names.length === 1 && whole === true && (min ?? -1) >= 0 && (max ?? MAX_CLASSES) < MAX_CLASSES;
  return isIndex ? (max as number) + 1 : null;
}

const isBinary = (facts: FileFacts, names: readonly string[]): boolean =>
  names.every((name) => (facts.numbers[name]?.min ?? -1) >= 0 && (facts.numbers[name]?.max ?? 2) <= 1);

function targetFacts(facts: FileFacts, names: readonly string[]): { target_facts?: TargetFacts } {
  const known = names.map((name) => facts.numbers[name]);
  const ends = known.flatMap((column) => [column?.min ?? Number.NaN, column?.max ?? Number.NaN]);
  if (!ends.every(Number.isFinite)) return {};
  const whole = known.every((column) => column?.whole === true);
  const distinct = known.length === 1 && known[0]?.values ? fewOf(known[0].values) : null;
  return { target_facts: { low: Math.min(...ends), high: Math.max(...ends), whole, distinct } };
}

function describeTargets(
  samples: number,
  inputShape: readonly number[],
  targetShape: readonly number[],
  names: readonly string[],
  options: FileOptions,
  facts: FileFacts,
): DataDescription {
  if (options.target_type === 'classes' || (facts.numbers[names[0] ?? '']?.categories.length ?? 0) > 0) {
    const name = names[0] ?? '';
    const shape = facts.numbers[name]?.one_hot ? [] : targetShape;
    return describeClasses(
      samples,
      inputShape,
      facts.numbers[name]?.one_hot ? (targetShape.at(-1) ?? 1) : classCount(facts, name),
      shape,
    );
  }
  return {
    ...describeValues(samples, inputShape, 1),
    target_shape: targetShape,
    classes: targetShape.length < 2 ? plainClasses(facts, names) : null,
    binary: isBinary(facts, names),
    labels: isBinary(facts, names) && names.every((name) => facts.numbers[name]?.whole === true),
    ...targetFacts(facts, names),
  };
}

// --- tables

/** Rows that are used: all, or those without a missing cell. */
function keptRows(source: Source, options: FileOptions): Int32Array | null {
  const { description } = source.facts;
  const columns = [
    ...inputColumns(options, description.columns ?? []),
    ...targetColumns(options, description.columns ?? []),
  ];
  const holed = columns.filter(({ missing }) => missing > 0);
  if (options.missing !== 'drop' || holed.length === 0) return null;
  const rows = description.rows ?? 0;
  const keeps = new Uint8Array(rows).fill(1);
  for (const { name } of holed) {
    const numbers = read(source, name);
    const isText = numbers instanceof Int32Array;
    for (let i = 0; i < rows; i++)
      if (isText ? (numbers[i] as number) < 0 : Number.isNaN(numbers[i])) keeps[i] = 0;
  }
  return Int32Array.from({ length: rows }, (_, i) => i).filter((i) => keeps[i] === 1);
}

const counts = new Map<string, number>();
const MAX_COUNTS = 256;

/** Remembered: descriptions are asked for often, and this reads columns. */
function rowCount(source: Source, options: FileOptions): number {
  if (options.missing !== 'drop') return source.facts.description.rows ?? 0;
  const key = JSON.stringify([source.folder, options.inputs, options.targets]);
  const known = counts.get(key);
  if (known !== undefined) return known;
  const count = keptRows(source, options)?.length ?? source.facts.description.rows ?? 0;
  if (counts.size >= MAX_COUNTS) counts.clear();
  counts.set(key, count);
  return count;
}

const widthOf = (facts: FileFacts, name: string): number =>
  Math.max(1, facts.numbers[name]?.categories.length ?? 1);

/** Whole numbers from 0, which an embedding can look up: one more than the largest. */
function tokensOf({ numbers }: FileFacts, name: string): number | null {
  const { whole = false, min, max } = numbers[name] ?? {};
  return whole && (min ?? -1) >= 0 ? (max ?? 0) + 1 : null;
}

/** The columns of every input that has a name; null where there is one without. */
function tableFields(facts: FileFacts, options: FileOptions): InputField[] | null {
  const named = namedInputs(options);
  if (named === null) return null;
  return Object.entries(named).map(([name, own]) => {
    const columns = [own].flat() as string[];
    const width = columns.reduce((sum, column) => sum + widthOf(facts, column), 0);
    const isOne = columns.length === 1 && width === 1;
    return { name, shape: [width], tokens: isOne ? tokensOf(facts, columns[0] ?? '') : null };
  });
}

/** Of a column of numbers; what is not known of it fits no loss but one of values. */
function tableColumn({ numbers }: FileFacts, name: string): TargetColumn {
  const { min, max, whole = false } = numbers[name] ?? {};
  return { low: min ?? Number.NEGATIVE_INFINITY, high: max ?? Number.POSITIVE_INFINITY, whole };
}

const columnsOfArrays = new Map<string, readonly TargetColumn[]>();

/** Remembered: descriptions are asked for often, and this reads the array. */
function arrayColumns(source: Source, name: string, width: number): readonly TargetColumn[] {
  const key = JSON.stringify([source.folder, name, width]);
  const found = columnsOfArrays.get(key) ?? columnsOf(read(source, name), width);
  if (columnsOfArrays.size >= MAX_COUNTS) columnsOfArrays.clear();
  columnsOfArrays.set(key, found);
  return found;
}

function describeTable(source: Source, options: FileOptions): DataDescription {
  const { columns = [] } = source.facts.description;
  const width = inputColumns(options, columns).reduce(
    (sum, { name }) => sum + widthOf(source.facts, name),
    0,
  );
  const targets = targetColumns(options, columns).map(({ name }) => name);
  const inputs = tableFields(source.facts, options);
  const shape = typeof options.targets === 'string' ? [] : [targets.length];
  const isText = (source.facts.numbers[targets[0] ?? '']?.categories.length ?? 0) > 0;
  const description = describeTargets(
    rowCount(source, options),
    [width],
    isText || options.target_type === 'classes' ? [] : shape,
    targets,
    options,
    source.facts,
  );
  const target_columns = targets.map((name) => tableColumn(source.facts, name));
  return { ...description, target_columns, ...(inputs !== null && { inputs }) };
}

/** One column as numbers at `offset` of every row of `out`; text as one number for each category. */
function placeColumn(
  source: Source,
  name: string,
  rows: Int32Array | null,
  out: Float64Array,
  offset: number,
  stride: number,
): void {
  const numbers = read(source, name);
  const mean = source.facts.description.columns?.find((column) => column.name === name)?.mean ?? 0;
  const isText = numbers instanceof Int32Array;
  const count = out.length / stride;
  for (let i = 0; i < count; i++) {
    const x = numbers[rows === null ? i : (rows[i] as number)] as number;
    if (!isText) out[i * stride + offset] = Number.isNaN(x) ? mean : x;
    else if (x >= 0) out[i * stride + offset + x] = 1;
  }
}

/** Labels by the order of their values; text by its code. */
function codeClasses(
  numbers: Read,
  { categories, values }: { categories: readonly string[]; values: readonly number[] | null },
): Float64Array {
  if (categories.length > 0) return Float64Array.from(numbers);
  const codes = new Map((values ?? []).map((value, code) => [value, code]));
  return Float64Array.from(numbers, (x) => codes.get(x) ?? 0);
}

function tableSamples(source: Source, options: FileOptions): Samples {
  const { facts } = source;
  const columns = facts.description.columns ?? [];
  const rows = keptRows(source, options);
  const count = rows?.length ?? facts.description.rows ?? 0;
  const inputs = inputColumns(options, columns);
  const width = inputs.reduce((sum, { name }) => sum + widthOf(facts, name), 0);
  const values = new Float64Array(count * width);
  let offset = 0;
  for (const { name } of inputs) {
    placeColumn(source, name, rows, values, offset, width);
    offset += widthOf(facts, name);
  }
  const names = targetColumns(options, columns).map(({ name }) => name);
  const targets = new Float64Array(count * names.length);
  names.forEach((name, j) => {
    const own = facts.numbers[name] ?? { categories: [], values: null };
    const numbers = read(source, name);
    const coded =
      own.categories.length > 0 || options.target_type === 'classes' ? codeClasses(numbers, own) : numbers;
    for (let i = 0; i < count; i++)
      targets[i * names.length + j] = coded[rows === null ? i : (rows[i] as number)] as number;
  });
  return { inputs: values, targets };
}

// --- arrays

/** Of one sample, channels first. */
const sampleShape = (shape: readonly number[]): number[] =>
  isChannelsLast(shape)
    ? [shape[3] as number, shape[1] as number, shape[2] as number]
    : shape.length === 1
      ? [1]
      : shape.slice(1);

const arrayShape = ({ facts }: Source, name: string | null): readonly number[] =>
  facts.description.arrays?.find((one) => one.name === name)?.shape ?? [];

/** One array for every input; without names, the only one. */
const inputArrays = (source: Source, options: FileOptions): [name: string, array: string][] =>
  Object.entries(
    namedInputs(options) ?? { '': arrayNames(options, source.facts.description).inputs ?? '' },
  ).map(([name, array]) => [name, [array].flat()[0] as string]);

function fieldOf(source: Source, [name, array]: readonly [string, string]): InputField {
  const shape = arrayShape(source, array);
  return {
    name,
    shape: sampleShape(shape),
    tokens: shape.length <= 2 ? tokensOf(source.facts, array) : null,
  };
}

/** Of all of them; null where one holds no numbers. */
function rangeOf(facts: readonly ({ min: number | null; max: number | null } | undefined)[]): Range | null {
  const ends = facts.flatMap((one) => [one?.min ?? null, one?.max ?? null]);
  const known = ends.filter((end) => end !== null);
  return known.length < ends.length ? null : [Math.min(...known), Math.max(...known)];
}

function describeArrays(source: Source, options: FileOptions): DataDescription {
  const { targets } = arrayNames(options, source.facts.description);
  const arrays = inputArrays(source, options);
  const fields = arrays.map((one) => fieldOf(source, one));
  const isNamed = namedInputs(options) !== null;
  const [first] = fields;
  const description = describeTargets(
    arrayShape(source, arrays[0]?.[1] ?? null)[0] ?? 0,
    isNamed ? [fields.reduce((sum, { shape }) => sum + numbersOf(shape), 0)] : (first?.shape ?? []),
    arrayShape(source, targets).slice(1),
    [targets ?? ''],
    options,
    source.facts,
  );
  const wide = arrayShape(source, targets);
  const target_columns =
    targets === null || wide.length !== 2 ? null : arrayColumns(source, targets, wide[1] as number);
  const isRow = arrayShape(source, arrays[0]?.[1] ?? null).length === 2;
  const input_range = rangeOf(arrays.map(([, array]) => source.facts.numbers[array]));
  const tokens = !isNamed && isRow ? (first?.tokens ?? null) : null;
  return {
    ...description,
    ...(target_columns !== null && { target_columns }),
    ...(input_range !== null && { input_range }),
    reshapable: true,
    tokens,
    ...(isNamed && { inputs: fields }),
  };
}

/** Where each number of [channels, height, width] lies in [height, width, channels]. */
function placesOfChannelsFirst([, height = 0, width = 0, channels = 0]: readonly number[]): Int32Array {
  const plane = height * width;
  return Int32Array.from(
    { length: plane * channels },
    (_, i) => (i % plane) * channels + Math.floor(i / plane),
  );
}

/** The places of each field's numbers, in a sample in which they stand one after another. */
function placesSideBySide(shapes: readonly (readonly number[])[]): Int32Array | null {
  if (!shapes.some(isChannelsLast)) return null;
  let start = 0;
  const all = shapes.map((shape) => {
    const size = numbersOf(shape.slice(1));
    const own = isChannelsLast(shape)
      ? placesOfChannelsFirst(shape)
      : Int32Array.from({ length: size }, (_, i) => i);
    const moved = own.map((at) => at + start);
    start += size;
    return [...moved];
  });
  return Int32Array.from(all.flat());
}

function arraySamples(source: Source, options: FileOptions): Samples {
  const { description } = source.facts;
  const arrays = inputArrays(source, options);
  const shapes = arrays.map(([, array]) => arrayShape(source, array));
  const samples = shapes[0]?.[0] ?? 0;
  const columns = placesSideBySide(shapes);
  const path = join(source.folder, NUMBERS);
  const given = arrays.map(([, array]) => readInputs(path, array, samples));
  const inputs = {
    inputs: given.length === 1 ? present(given[0], 'inputs') : new SideBySide(given, samples),
    ...(columns !== null && { columns }),
  };
  if (givesBack(options, description)) return { ...inputs, targets: new Float32Array() };
  const targetName = present(arrayNames(options, description).targets, 'targets');
  const facts = present(source.facts.numbers[targetName], targetName);
  const targets = classesOf(read(source, targetName), arrayShape(source, targetName), facts, options);
  return { ...inputs, targets };
}

function classesOf(
  targets: Read,
  shape: readonly number[],
  facts: FileFacts['numbers'][string],
  options: FileOptions,
): Read {
  if (options.target_type !== 'classes') return targets;
  if (!facts.one_hot) return codeClasses(targets, facts);
  const width = shape[1] as number;
  return Float64Array.from({ length: shape[0] as number }, (_, i) =>
    targets.subarray(i * width, (i + 1) * width).indexOf(1),
  );
}

// --- images

function describeImages({ facts }: Source, options: FileOptions): DataDescription {
  const [height = 0, width = 0] = options.size ?? [];
  const { rows, classes = [] } = facts.description;
  const description = describeClasses(rows ?? 0, [options.channels, height, width], classes.length);
  return { ...description, input_range: [0, 255] };
}

function imageSamples({ facts, folder }: Source, options: FileOptions): Samples {
  const name = imagesName(sizeOf(options));
  const pixels = readInputs(join(folder, name), 'images', facts.images?.length ?? 0);
  return {
    inputs: pixels,
    targets: Float32Array.from(facts.images ?? [], ({ label }) => label),
  };
}

/** Text, and single whole numbers or one-hot rows where the loss is categorical, or binary with two different numbers. */
export function readsAsClasses(options: FileOptions, reading: TargetReading): boolean {
  const facts = fileFacts(options.file);
  if (facts === null) return false;
  const { kind, columns = [] } = facts.description;
  const names =
    kind === 'table'
      ? targetColumns(options, columns).map(({ name }) => name)
      : [arrayNames(options, facts.description).targets ?? ''];
  const target = facts.numbers[names[0] ?? ''];
  if (names.length !== 1 || target === undefined) return false;
  if (target.categories.length > 0) return reading !== 'values';
  const count = target.values?.length ?? Number.POSITIVE_INFINITY;
  return reading === 'classes'
    ? count <= MAX_CLASSES
    : reading === 'binary' && count === 2 && !target.one_hot;
}

/** The size in which the images of this file have to be decoded before they are read; null for other files. */
export const imageSize = (options: FileOptions): ImageSize | null =>
  fileFacts(options.file)?.description.kind === 'images' && options.size !== null ? sizeOf(options) : null;

const byKind = {
  table: { describe: describeTable, samples: tableSamples },
  arrays: { describe: describeArrays, samples: arraySamples },
  weights: { describe: describeArrays, samples: arraySamples },
  images: { describe: describeImages, samples: imageSamples },
} as const;

const kindOf = (source: Source) => byKind[source.facts.description.kind as keyof typeof byKind];

export function describeFile(options: FileOptions): DataDescription {
  const source = sourceOf(options);
  const description = kindOf(source).describe(source, options);
  return { ...description, samples: Math.min(description.samples, options.samples ?? description.samples) };
}

export function fileSamples(options: FileOptions): Samples {
  const source = sourceOf(options);
  return kindOf(source).samples(source, options);
}

/** Whether the network is to give back what it got. */
export function fileGivesBack(options: FileOptions): boolean {
  const facts = fileFacts(options.file);
  return facts !== null && givesBack(options, facts.description);
}
