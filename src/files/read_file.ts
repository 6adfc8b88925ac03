/** @file An uploaded file → its description, and its numbers beside it in the form that training reads. */
import { closeSync, openSync, readFileSync, readSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { type Numbers, writeBlocks } from './blocks.ts';
import type { Column } from './columns.ts';
import { readCsv } from './csv.ts';
import type { ArrayDescription, FileDescription, FileKind, ReadingOptions } from './description.ts';
import { CONTENT, NUMBERS } from './directory.ts';
import type { FileFacts } from './facts.ts';
import { checkImages, findImages, folderNotes, listZip } from './images.ts';
import { readJsonLines, readRecords } from './json_lines.ts';
import { formatOf } from './kind.ts';
import { type NamedArray, readNpy, readNpz, readSafetensorsArrays, unzip } from './npy.ts';
import { factsOfArray, factsOfColumn, type NumberFacts } from './number_facts.ts';
import { readParquet } from './parquet.ts';
import { FileRefused } from './refused.ts';

type Facts = Omit<FileFacts, 'options'>;

const FIRST_BYTES = 4096;
/** A file of JSON that is no table is a model of Keras; more than this it is not. */
const MAX_MODEL_JSON = 64 * 2 ** 20;

function beginningOf(path: string, most: number): Uint8Array {
  const file = openSync(path, 'r');
  try {
    const bytes = Buffer.alloc(Math.min(most, statSync(path).size));
    return bytes.subarray(0, readSync(file, bytes, 0, bytes.length, 0));
  } finally {
    closeSync(file);
  }
}

/** A Lambda layer of Keras is Python code, wherever in the file its model stands as JSON. */
const LAMBDA = /"class_name"\s*:\s*"(?:Lambda|__lambda__)"/;

const model = (format: string, bytes: Uint8Array): Facts =>
  bare(
    'model',
    format,
    LAMBDA.test(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('latin1'))
      ? [
          'holds Lambda layers: Python code, which is never run; POST /v1/imports refuses the model and names them',
        ]
      : [],
  );

const bare = (kind: FileKind, format: string, notes: string[]): Facts => ({
  description: { kind, format, rows: null, found: {}, notes },
  numbers: {},
  images: null,
});

function tableFacts(
  folder: string,
  columns: readonly Column[],
  rows: number,
  format: string,
  found: FileDescription['found'],
  notes: FileDescription['notes'],
): Facts {
  writeBlocks(
    join(folder, NUMBERS),
    new Map(columns.map(({ description, numbers }) => [description.name, numbers])),
  );
  return {
    description: {
      kind: 'table',
      format,
      rows,
      columns: columns.map(({ description }) => description),
      found,
      notes,
    },
    numbers: Object.fromEntries(columns.map((column) => [column.description.name, factsOfColumn(column)])),
    images: null,
  };
}

function arrayNotes(shape: readonly number[], { finite }: NumberFacts): string[] {
  return [
    ...(finite ? [] : ['holds numbers that are not finite']),
    ...(isChannelsLast(shape) ? ['images with the channels last: turned to channels first'] : []),
  ];
}

/** [images, height, width, channels], as TensorFlow and most files of images have it. */
export const isChannelsLast = (shape: readonly number[]): boolean =>
  shape.length === 4 &&
  [1, 3, 4].includes(shape[3] as number) &&
  (shape[1] as number) > 4 &&
  (shape[2] as number) > 4;

/** Names of parameters have a path; names of data do not. */
const isWeights = (arrays: readonly NamedArray[]): boolean => arrays.some(({ name }) => /[/.]/.test(name));

function arrayFacts(
  folder: string,
  arrays: readonly NamedArray[],
  format: string,
  kind: FileKind | undefined,
  notes: string[] = [],
): Facts {
  if (arrays.length === 0) throw new FileRefused('the file holds no arrays');
  writeBlocks(
    join(folder, NUMBERS),
    new Map<string, Numbers>(arrays.map(({ name, numbers }) => [name, numbers])),
  );
  const facts = arrays.map((array) => [array.name, factsOfArray(array)] as const);
  const described: ArrayDescription[] = arrays.map(({ name, shape, dtype }, i) => ({
    name,
    shape: [...shape],
    dtype,
    notes: arrayNotes(shape, facts[i]?.[1] as NumberFacts),
  }));
  const found =
    kind === 'weights' || kind === 'arrays'
      ? kind
      : format === 'safetensors' && isWeights(arrays)
        ? 'weights'
        : 'arrays';
  return {
    description: { kind: found, format, rows: null, arrays: described, found: {}, notes },
    numbers: Object.fromEntries(facts),
    images: null,
  };
}

async function zipFacts(folder: string, options: ReadingOptions): Promise<Facts> {
  const bytes = readFileSync(join(folder, CONTENT));
  const names = listZip(bytes);
  if (names.some((name) => name.endsWith('.npy'))) {
    const { arrays, notes } = readNpz(bytes);
    return arrayFacts(folder, arrays, 'npz', options.kind, notes);
  }
  if (names.includes('config.json') && names.includes('metadata.json'))
    return model(
      'keras',
      unzip(bytes, (name) => name === 'config.json').get('config.json') ?? new Uint8Array(),
    );
  if (names.includes('[Content_Types].xml'))
    throw new FileRefused('this is an Office file', { fix: 'save the sheet as CSV' });
  if (names.some((name) => name.endsWith('data.pkl')))
    throw new FileRefused('this is a file of torch.save: it can run code when it is loaded', {
      fix: 'save the weights with safetensors.torch.save_file(model.state_dict(), …)',
    });
  const images = findImages(names);
  const { notes } = await checkImages(bytes, images);
  return {
    description: {
      kind: 'images',
      format: 'zip',
      rows: images.images.length,
      classes: [...images.classes],
      found: {},
      notes: [...notes, ...folderNotes(names, images)],
    },
    numbers: {},
    images: images.images,
  };
}

/** JSON lines begin like a JSON document: the first line tells them apart. */
async function jsonFacts(folder: string, options: ReadingOptions): Promise<Facts> {
  const path = join(folder, CONTENT);
  const { size } = statSync(path);
  if (size <= MAX_MODEL_JSON) {
    const value = parsed(readFileSync(path, 'utf8'));
    if (value !== null && ('class_name' in value || 'modelTopology' in value || 'model_config' in value))
      return model('keras_json', readFileSync(path));
    if (Array.isArray(value)) {
      const { columns, rows } = readRecords(value, options);
      return tableFacts(folder, columns, rows, 'json', {}, []);
    }
  }
  const { columns, rows } = await readJsonLines(path, options);
  return tableFacts(folder, columns, rows, 'json_lines', {}, []);
}

function parsed(text: string): object | null {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' ? value : null;
  } catch {
    return null;
  }
}

/**
 * Reads `content` in the folder, writes its numbers beside it, tells what it is.
 * @throws FileRefused also where it is not of the kind that is stated
 */
export async function readFile(folder: string, options: ReadingOptions): Promise<FileFacts> {
  const facts = await readByFormat(folder, options);
  const { kind, format } = facts.description;
  if (options.kind !== undefined && options.kind !== kind)
    throw new FileRefused(`the kind is stated as ${options.kind}, but the bytes are ${kind} (${format})`, {
      fix: `state kind=${kind}, or leave it out; or send a file of the kind ${options.kind}`,
    });
  const isText = format === 'csv' || format === 'tsv';
  const stated = (['delimiter', 'header'] as const).find((name) => options[name] !== undefined);
  if (stated !== undefined && !isText)
    throw new FileRefused(`a ${stated} is stated, but the bytes are ${format}, which has none`, {
      fix: `leave ${stated} out; it is for delimited text`,
    });
  if (options.missing !== undefined && kind !== 'table')
    throw new FileRefused(`texts for missing values are stated, but the bytes are ${kind} (${format})`, {
      fix: 'leave missing out; it is for tables',
    });
  return { ...facts, options };
}

async function readByFormat(folder: string, options: ReadingOptions): Promise<Facts> {
  const path = join(folder, CONTENT);
  const format = formatOf(beginningOf(path, FIRST_BYTES));
  switch (format) {
    case 'npy':
      return arrayFacts(folder, [readNpy(readFileSync(path), 'array')], format, options.kind);
    case 'safetensors':
      return arrayFacts(folder, readSafetensorsArrays(readFileSync(path)), format, options.kind);
    case 'zip':
      return zipFacts(folder, options);
    case 'parquet': {
      const { columns, rows } = await readParquet(path, options);
      return tableFacts(folder, columns, rows, format, {}, []);
    }
    case 'json':
      return jsonFacts(folder, options);
    case 'hdf5':
      return model(format, beginningOf(path, MAX_MODEL_JSON));
    case 'onnx':
      return bare('model', format, []);
    case 'text': {
      const { columns, rows, found, notes } = await readCsv(path, options);
      return tableFacts(folder, columns, rows, found.delimiter === '\t' ? 'tsv' : 'csv', found, notes);
    }
  }
}
