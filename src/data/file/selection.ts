/** @file Which columns or arrays of a file are inputs and which are targets, and what is wrong with the choice. */

import {
  type ColumnDescription,
  type FileDescription,
  type FileFacts,
  MAX_ONE_HOT,
} from '../../files/index.ts';
import { nearest } from '../../util/nearest.ts';
import type { DataProblem } from '../data_set.ts';
import { MAX_CLASSES } from '../options.ts';

/** Columns, or an array, for each input of a network that has several. */
export type NamedInputs = Readonly<Record<string, string | readonly string[]>>;

export interface FileOptions {
  readonly file: string;
  readonly inputs: string | readonly string[] | NamedInputs | null;
  readonly targets: string | readonly string[] | null;
  readonly target_type: 'auto' | 'classes' | 'values';
  readonly missing: 'refuse' | 'drop' | 'mean';
  readonly size: readonly number[] | null;
  readonly channels: 1 | 3;
  readonly samples: number | null;
}

const isWide = ({ type, distinct }: ColumnDescription): boolean =>
  (type === 'text' || type === 'date') && (distinct ?? Number.POSITIVE_INFINITY) > MAX_ONE_HOT;

/** What is an input unless inputs are named: no dates, no names or free text, no column without a value. */
const isUsual = (column: ColumnDescription): boolean =>
  column.type !== 'date' && column.distinct !== 0 && !isWide(column);

const isList = (names: unknown): names is readonly string[] => Array.isArray(names);

const listOf = (names: string | readonly string[] | NamedInputs): readonly string[] => {
  if (typeof names === 'string') return [names];
  return isList(names) ? names : Object.values(names).flatMap(listOf);
};

export const namedInputs = ({ inputs }: Pick<FileOptions, 'inputs'>): NamedInputs | null =>
  inputs === null || typeof inputs === 'string' || isList(inputs) ? null : inputs;

/** Whether the network is to give back what it got: `targets` is "inputs", and nothing in the file is called that. */
export const givesBack = (
  { targets }: Pick<FileOptions, 'targets'>,
  { columns = [], arrays = [] }: FileDescription,
): boolean => targets === 'inputs' && ![...columns, ...arrays].some(({ name }) => name === 'inputs');

/** Names that people give to what is to be predicted, and to what it is predicted from, in arrays. */
const INPUT_NAMES = ['x_train', 'X_train', 'train_x', 'x', 'X', 'inputs', 'images', 'data', 'features'];
const TARGET_NAMES = ['y_train', 'Y_train', 'train_y', 'y', 'Y', 'targets', 'labels', 'target', 'label'];

export function inputColumns(
  options: FileOptions,
  columns: readonly ColumnDescription[],
): ColumnDescription[] {
  const byName = new Map(columns.map((column) => [column.name, column]));
  if (options.inputs !== null) return listOf(options.inputs).flatMap((name) => byName.get(name) ?? []);
  const targets = new Set(options.targets === null ? [] : listOf(options.targets));
  return columns.filter((column) => !targets.has(column.name) && isUsual(column));
}

export function targetColumns(
  options: FileOptions,
  columns: readonly ColumnDescription[],
): ColumnDescription[] {
  const byName = new Map(columns.map((column) => [column.name, column]));
  return options.targets === null ? [] : listOf(options.targets).flatMap((name) => byName.get(name) ?? []);
}

export const arrayNames = (options: FileOptions, { arrays = [] }: FileDescription) => {
  const names = arrays.map(({ name }) => name);
  const given = (value: FileOptions['inputs'], usual: readonly string[]) =>
    value === null ? (usual.find((name) => names.includes(name)) ?? null) : (listOf(value)[0] ?? null);
  return { inputs: given(options.inputs, INPUT_NAMES), targets: given(options.targets, TARGET_NAMES) };
};

function unknownNames(
  key: 'inputs' | 'targets',
  given: FileOptions['inputs'],
  known: readonly string[],
): DataProblem[] {
  if (given === null) return [];
  const named = key === 'inputs' ? namedInputs({ inputs: given }) : null;
  if (named !== null)
    return Object.entries(named).flatMap(([name, own]) =>
      unknownNames('inputs', own, known).map((problem) => ({
        ...problem,
        path: ['inputs', name, ...problem.path.slice(1)],
      })),
    );
  return listOf(given).flatMap((name, i) => {
    if (known.includes(name)) return [];
    const near = nearest(name, known);
    const shown = known
      .slice(0, 20)
      .map((one) => JSON.stringify(one))
      .join(', ');
    return [
      {
        path: typeof given === 'string' ? [key] : [key, i],
        message: `the file has no ${JSON.stringify(name.slice(0, 100))}`,
        fix:
          near === null
            ? `it has: ${shown}${known.length > 20 ? ', …' : ''}`
            : `did you mean ${JSON.stringify(near)}?`,
      },
    ];
  });
}

function columnProblems(options: FileOptions, columns: readonly ColumnDescription[]): DataProblem[] {
  if (options.targets === null)
    return [
      {
        path: ['targets'],
        message: 'a table needs targets: the column to be predicted',
        fix: `"targets": ${JSON.stringify(columns.at(-1)?.name ?? '')}`,
      },
    ];
  const inputs = inputColumns(options, columns);
  if (inputs.length === 0)
    return [
      {
        path: ['inputs'],
        message:
          'no column is left to predict from: dates, columns without a value and texts that hardly repeat are not used',
        fix: 'name the columns',
      },
    ];
  const wide = inputs.filter(isWide);
  if (wide.length > 0)
    return wide.map(({ name, distinct }) => ({
      path: ['inputs'],
      message: `the text column ${JSON.stringify(name)} has ${distinct ?? 'more than 10,000'} different values; one input for each is too many (at most ${MAX_ONE_HOT})`,
      fix: 'name the inputs without it, or leave inputs out: then such columns are not used',
    }));
  return [
    ...missingProblems(options, inputs, 'inputs'),
    ...targetProblems(options, targetColumns(options, columns)),
  ];
}

function missingProblems(
  { missing }: FileOptions,
  columns: readonly ColumnDescription[],
  key: 'inputs' | 'targets',
): DataProblem[] {
  const first = columns.find((column) => column.missing > 0);
  if (first === undefined || missing === 'drop' || (missing === 'mean' && key === 'inputs')) return [];
  const more = columns.filter((column) => column.missing > 0).length - 1;
  return [
    {
      path: [missing === 'mean' ? 'targets' : 'missing'],
      message: `${first.missing} cells of ${JSON.stringify(first.name)} have no value, the first in line ${first.first_missing_line}${more > 0 ? `; ${more} more columns have such cells` : ''}`,
      fix:
        key === 'inputs'
          ? '"missing": "drop" leaves their rows out, "mean" takes the mean of the column'
          : '"missing": "drop" leaves their rows out',
    },
  ];
}

function targetProblems(options: FileOptions, targets: readonly ColumnDescription[]): DataProblem[] {
  const missing = missingProblems(options, targets, 'targets');
  if (missing.length > 0) return missing;
  const text = targets.find(({ type }) => type === 'text' || type === 'date');
  if (text === undefined) return [];
  if (targets.length > 1)
    return [
      {
        path: ['targets'],
        message: `${JSON.stringify(text.name)} is text: it can be a target alone, as classes`,
        fix: 'name that column alone, or numbers alone',
      },
    ];
  if (options.target_type === 'values')
    return [
      {
        path: ['targets'],
        message: `${JSON.stringify(text.name)} is text (${text.categories
          .slice(0, 3)
          .map((one) => JSON.stringify(one))
          .join(', ')}, …), which only a loss on classes can read`,
        fix: 'use softmax_cross_entropy, or name a column of numbers',
      },
    ];
  if (text.distinct !== null && text.distinct <= MAX_CLASSES) return [];
  return [
    {
      path: ['targets'],
      message: `${JSON.stringify(text.name)} has more than ${MAX_CLASSES} different texts`,
      fix: 'name a column of classes or numbers',
    },
  ];
}

function arrayProblems(options: FileOptions, description: FileDescription): DataProblem[] {
  const { arrays = [] } = description;
  const names = arrayNames(options, description);
  const shown = arrays
    .slice(0, 20)
    .map(({ name, shape }) => `"${name}" [${shape.join(', ')}]`)
    .join(', ');
  for (const key of ['inputs', 'targets'] as const) {
    if (names[key] === null)
      return [{ path: [key], message: `say which array holds the ${key}`, fix: `the file has ${shown}` }];
  }
  const shapeOf = (name: string | null) => arrays.find((one) => one.name === name)?.shape ?? [];
  const targets = givesBack(options, description) ? null : shapeOf(names.targets);
  for (const { path, names: own } of chosenArrays(options, names.inputs)) {
    const [array = '', ...others] = own;
    if (others.length > 0)
      return [{ path, message: 'an input is one array', fix: `${JSON.stringify(array)} alone` }];
    const problems = inputArrayProblems(path, shapeOf(array), shapeOf(names.inputs), targets);
    if (problems.length > 0) return problems;
  }
  if (targets !== null && targets.length > 3)
    return [
      {
        path: ['targets'],
        message: `targets have the shape [${targets.join(', ')}]: at most two numbers after the samples`,
      },
    ];
  return [];
}

/** What was chosen for every input that has a name; else for the only one, or what stands for it. */
function chosenArrays(options: FileOptions, only: string | null) {
  const several = namedInputs(options);
  if (several === null)
    return [{ path: ['inputs'], names: [...listOf(options.inputs ?? only ?? '')].slice(0, 1) }];
  return Object.entries(several).map(([name, own]) => ({ path: ['inputs', name], names: [...listOf(own)] }));
}

/**
 * @param first the shape of the first input
 * @param targets the shape of the targets; null where there are none
 */
function inputArrayProblems(
  path: readonly string[],
  inputs: readonly number[],
  first: readonly number[],
  targets: readonly number[] | null,
): DataProblem[] {
  if (inputs.length === 0) return [{ path, message: 'the inputs are a single number' }];
  if (inputs[0] !== first[0])
    return [{ path, message: `it has ${inputs[0]} samples, the first input has ${first[0]}` }];
  if (targets !== null && inputs[0] !== targets[0])
    return [
      {
        path: ['targets'],
        message: `there are ${targets[0] ?? 1} targets for ${inputs[0]} inputs`,
        fix: 'give one target per input',
      },
    ];
  if (inputs.length > 4)
    return [
      {
        path,
        message: `inputs have the shape [${inputs.join(', ')}]: at most three numbers after the samples`,
      },
    ];
  return [];
}

const UNFIT = {
  weights: 'weights: give it as training.initial_weights',
  model: 'a model: post it to /v1/imports',
};

/** Everything that can be said of the choice before a number is read. */
export function selectionProblems(
  options: FileOptions,
  { description }: Pick<FileFacts, 'description'>,
): DataProblem[] {
  const { kind, columns = [], arrays = [] } = description;
  if (kind === 'images')
    return options.size === null
      ? [{ path: ['size'], message: 'images need a size', fix: '"size": [32, 32] (height, width)' }]
      : [];
  if (kind === 'model' || (kind === 'weights' && arrays.length === 0))
    return [{ path: ['file'], message: `this file is ${UNFIT[kind]}` }];
  const known = (kind === 'table' ? columns : arrays).map(({ name }) => name);
  const unknown = [
    ...unknownNames('inputs', options.inputs, known),
    ...(givesBack(options, description) ? [] : unknownNames('targets', options.targets, known)),
  ];
  if (unknown.length > 0) return unknown;
  return kind === 'table' ? columnProblems(options, columns) : arrayProblems(options, description);
}
