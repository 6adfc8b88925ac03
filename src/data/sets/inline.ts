/** @file Data given in the request itself. */
import { z } from 'zod';
import { type DataProblem, defineData, sizeOf } from '../data_set.ts';
import { flatten, problemsOf, shapeOf } from '../nested.ts';
import { MAX_CLASSES, MAX_NUMBERS, MAX_SAMPLES } from '../options.ts';

const MAX_INPUT_RANK = 3;
const MAX_TARGET_RANK = 1;

const NUMBER = { type: 'number' };
const listOf = (items: object) => ({ type: 'array', items, minItems: 1 });

/** Elements stay unparsed here: two million numbers would take zod seconds, `check` takes milliseconds. */
const listOption = (description: string, items: object) =>
  z.array(z.unknown()).min(1).max(MAX_SAMPLES).meta({ description, items });

interface InlineOptions {
  readonly inputs: readonly unknown[];
  readonly targets: readonly unknown[];
}

export const inline = defineData({
  type: 'inline',
  title: 'Inline data',
  description:
    '`inputs` holds one element per sample: a number, or a list nested up to three deep (features; time and features; ' +
    'channels, height and width), all of one shape; a network may ask for another shape of the same size. `targets` ' +
    'holds one number or one list of numbers per sample. A flat list of integers from 0 is class indices where the ' +
    `loss is categorical (at most ${MAX_CLASSES} classes); binary and regression losses read the same list as numbers. ` +
    `At most ${MAX_SAMPLES} samples and ${MAX_NUMBERS} numbers.`,
  sources: [],
  options: {
    inputs: listOption('The samples, all of one shape', {
      anyOf: [NUMBER, listOf(NUMBER), listOf(listOf(NUMBER)), listOf(listOf(listOf(NUMBER)))],
    }),
    targets: listOption('One class index, one number, or one list of numbers per sample', {
      anyOf: [NUMBER, listOf(NUMBER)],
    }),
  },
  check: ({ inputs, targets }) => {
    const problems = checkLengths(inputs, targets);
    if (problems.length > 0) return problems;
    return [
      ...checkElements(inputs, 'inputs', MAX_INPUT_RANK),
      ...checkElements(targets, 'targets', MAX_TARGET_RANK),
    ];
  },
  describe(options) {
    const { input, outputs, flat } = shapesOf(options);
    const targets = options.targets.flat() as number[];
    const classes = flat ? classesIn(targets) : null;
    return {
      samples: options.inputs.length,
      input_shape: input,
      reshapable: true,
      target_kind: classes === null ? 'values' : 'classes',
      target_size: classes ?? outputs,
      // Whether integers are labels or amounts, only the loss can tell.
      also_values: true,
      binary: targets.every((value) => value >= 0 && value <= 1),
    };
  },
  generate(options) {
    const { inputs, targets } = options;
    const { input, outputs } = shapesOf(options);
    return {
      inputs: flatten(inputs, inputs.length * sizeOf(input)),
      targets: flatten(targets, targets.length * outputs),
    };
  },
});

function shapesOf({ inputs, targets }: InlineOptions) {
  const input = shapeOf(inputs[0], MAX_INPUT_RANK);
  const target = shapeOf(targets[0], MAX_TARGET_RANK);
  return { input: input.length > 0 ? input : [1], outputs: sizeOf(target), flat: target.length === 0 };
}

/** Highest class + 1, or null where the targets are no class indices. */
function classesIn(targets: readonly number[]): number | null {
  let highest = 0;
  for (const target of targets) {
    if (!Number.isInteger(target) || target < 0 || target >= MAX_CLASSES) return null;
    highest = Math.max(highest, target);
  }
  return highest + 1;
}

/** Before any element is looked at, so that an enormous request costs nothing. */
function checkLengths(inputs: readonly unknown[], targets: readonly unknown[]): DataProblem[] {
  if (inputs.length !== targets.length) {
    const message = `has ${targets.length} elements for ${inputs.length} samples`;
    return [{ path: ['targets'], message, fix: 'Give one target per sample' }];
  }
  const perSample = sizeOf(shapeOf(inputs[0], MAX_INPUT_RANK)) + sizeOf(shapeOf(targets[0], MAX_TARGET_RANK));
  const numbers = inputs.length * perSample;
  if (numbers <= MAX_NUMBERS) return [];
  const message = `inputs and targets have ${numbers} numbers, more than ${MAX_NUMBERS}`;
  return [{ path: ['inputs'], message, fix: 'Send fewer samples or fewer features' }];
}

function checkElements(elements: readonly unknown[], name: string, maxRank: number): DataProblem[] {
  const shape = shapeOf(elements[0], maxRank);
  if (shape.length > maxRank) {
    return [{ path: [name, 0], message: `is nested ${shape.length} or more deep; ${maxRank} is the most` }];
  }
  if (sizeOf(shape) === 0) return [{ path: [name, 0], message: 'must not be empty' }];
  // Against a broken first element every other one would look wrong.
  const first = problemsOf(elements.slice(0, 1), shape, name);
  return first.length > 0 ? first : problemsOf(elements, shape, name);
}
