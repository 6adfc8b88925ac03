/** @file What of a choice would be accepted and do nothing, or give the answer away: each is refused. */
import type { FileDescription, FileFacts } from '../../files/index.ts';
import type { DataProblem } from '../data_set.ts';
import { arrayNames, type FileOptions, givesBack } from './selection.ts';

interface Place {
  readonly path: readonly PropertyKey[];
  readonly name: string;
}

/** Every name that was given, in groups: the names of one input, or of the targets. */
function groupsOf(path: readonly PropertyKey[], given: FileOptions['inputs']): Place[][] {
  if (given === null) return [];
  if (typeof given === 'string') return [[{ path, name: given }]];
  if (Array.isArray(given))
    return [(given as readonly string[]).map((name, i) => ({ path: [...path, i], name }))];
  return Object.entries(given).flatMap(([input, own]) => groupsOf([...path, input], own));
}

/** Several inputs may share a column; within one, or among the targets, a second time says nothing. */
const repeatedNames = (options: FileOptions): DataProblem[] =>
  [...groupsOf(['inputs'], options.inputs), ...groupsOf(['targets'], options.targets)].flatMap((group) =>
    group
      .filter(({ name }, i) => group.findIndex((one) => one.name === name) < i)
      .map(({ path, name }) => ({
        path,
        message: `${JSON.stringify(name)} is named twice`,
        fix: 'name it once',
      })),
  );

/** A network that is given its target has nothing to learn. */
function leakedTargets(options: FileOptions, description: FileDescription): DataProblem[] {
  if (givesBack(options, description)) return [];
  const isTable = description.kind === 'table';
  const usual = isTable ? null : arrayNames(options, description);
  const targets = new Set([options.targets ?? usual?.targets ?? []].flat());
  const given = groupsOf(['inputs'], options.inputs).flat();
  // The array that is taken for the inputs where none was named: then the targets are what was named.
  const inputs =
    options.inputs === null && usual?.inputs ? [{ path: ['targets'], name: usual.inputs }] : given;
  return inputs
    .filter(({ name }) => targets.has(name))
    .map(({ path, name }) => ({
      path,
      message: `${JSON.stringify(name)} is a target and an input: the network would be given the answer`,
      fix: 'name it in one of them; for an autoencoder "targets": "inputs"',
    }));
}

const several = (key: 'inputs' | 'targets', given: FileOptions['inputs']): DataProblem[] =>
  Array.isArray(given) && given.length > 1
    ? [
        {
          path: [key, 1],
          message: key === 'inputs' ? 'an input is one array' : 'the targets are one array',
          fix: `${JSON.stringify(given[0])} alone`,
        },
      ]
    : [];

/** Options that only other kinds of files have. Their defaults may stand there: reports repeat them. */
function unusedOptions(options: FileOptions, description: FileDescription): DataProblem[] {
  const isImages = description.kind === 'images';
  const isTable = description.kind === 'table';
  const what = isImages ? 'images' : isTable ? 'a table' : 'arrays';
  const unused: readonly [key: keyof FileOptions, isUnused: boolean, only: string][] = [
    ['size', !isImages && options.size !== null, 'images have a size'],
    ['channels', !isImages && options.channels !== 3, 'images have channels'],
    ['missing', !isTable && options.missing !== 'refuse', 'tables have cells without a value'],
    ['inputs', isImages && options.inputs !== null, 'tables and arrays have inputs to name'],
    [
      'targets',
      isImages && options.targets !== null && !givesBack(options, description),
      'tables and arrays have targets to name',
    ],
  ];
  return unused
    .filter(([, isUnused]) => isUnused)
    .map(([key, , only]) => ({
      path: [key],
      message: `only ${only}; this file is ${what}`,
      fix: 'leave it out',
    }));
}

/** @param options that name only what is there */
export function choiceProblems(
  options: FileOptions,
  { description }: Pick<FileFacts, 'description'>,
): DataProblem[] {
  const { kind } = description;
  const unused = unusedOptions(options, description);
  if (unused.length > 0 || kind === 'images') return unused;
  const tooMany =
    kind === 'table'
      ? repeatedNames(options)
      : [...several('inputs', options.inputs), ...several('targets', options.targets)];
  return tooMany.length > 0 ? tooMany : leakedTargets(options, description);
}
