/** @file Data given in the request itself. */
import { z } from 'zod';
import { type DataProblem, defineData, sizeOf } from '../data_set.ts';
import { flatten, problemsOf, shapeOf } from '../nested.ts';
import { MAX_CLASSES, MAX_NUMBERS, MAX_SAMPLES } from '../options.ts';

const MAX_INPUT_RANK = 3;
/** As many as an embedding may have. */
const MAX_TOKENS = 1_000_000;
const MAX_TARGET_RANK = 2;

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
    'holds one number per sample, one list of numbers, or for sequences one list of lists (time steps, then outputs). ' +
    'Integers from 0 are class indices where the loss is categorical (one per sample, or a list with one per time step; ' +
    `at most ${MAX_CLASSES} classes); binary and regression losses read the same numbers as numbers. Inputs that are ` +
    'lists of integers from 0 can be tokens. ' +
    `At most ${MAX_SAMPLES} samples and ${MAX_NUMBERS} numbers.`,
  sources: ['The request itself'],
  options: {
    inputs: listOption('The samples, all of one shape', {
      anyOf: [NUMBER, listOf(NUMBER), listOf(listOf(NUMBER)), listOf(listOf(listOf(NUMBER)))],
    }),
    targets: listOption('One class index or number per sample, a list of them, or a list per time step', {
      anyOf: [NUMBER, listOf(NUMBER), listOf(listOf(NUMBER))],
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
    const { input, target } = shapesOf(options);
    const { tokens, classes, binary } = factsOf(options);
    return {
      samples: options.inputs.length,
      input_shape: input,
      reshapable: true,
      tokens,
      target_shape: target,
      classes: target.length < MAX_TARGET_RANK ? classes : null,
      // Whether integers are labels or amounts, only the loss can tell.
      also_values: true,
      binary,
    };
  },
  generate(options) {
    const { inputs, targets } = options;
    const { input, target } = shapesOf(options);
    return {
      inputs: flatten(inputs, inputs.length * sizeOf(input)),
      targets: flatten(targets, targets.length * sizeOf(target)),
    };
  },
});

function shapesOf({ inputs, targets }: InlineOptions) {
  const input = shapeOf(inputs[0], MAX_INPUT_RANK);
  return { input: input.length > 0 ? input : [1], target: shapeOf(targets[0], MAX_TARGET_RANK) };
}

interface InlineFacts {
  readonly tokens: number | null;
  readonly classes: number | null;
  readonly binary: boolean;
}

const facts = new WeakMap<object, InlineFacts>();

/** What only a look at every number tells; remembered, because descriptions are asked for often. */
function factsOf({ inputs, targets }: InlineOptions): InlineFacts {
  const known = facts.get(inputs);
  if (known !== undefined) return known;
  const { input, target } = shapesOf({ inputs, targets });
  const numbers = flatten(targets, targets.length * sizeOf(target));
  const found = {
    tokens:
      input.length === 1 ? indicesBelow(flatten(inputs, inputs.length * sizeOf(input)), MAX_TOKENS) : null,
    classes: indicesBelow(numbers, MAX_CLASSES),
    binary: numbers.every((value) => value >= 0 && value <= 1),
  };
  facts.set(inputs, found);
  return found;
}

/** The highest index + 1, or null where the numbers are no indices below the limit. */
function indicesBelow(numbers: Float64Array, limit: number): number | null {
  let highest = 0;
  for (const value of numbers) {
    if (!Number.isInteger(value) || value < 0 || value >= limit) return null;
    highest = Math.max(highest, value);
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
