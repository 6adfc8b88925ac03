/** @file Data given in the request itself: read into sealed numbers as they are parsed, and never walked again. */
import { createHash } from 'node:crypto';
import { z } from 'zod';
import { isSealed, Sealed } from '../../util/sealed.ts';
import { type DataProblem, defineData, sizeOf } from '../data_set.ts';
import { readNumbers, shapeOf } from '../nested.ts';
import { MAX_CLASSES, MAX_NUMBERS, MAX_SAMPLES } from '../options.ts';

const MAX_INPUT_RANK = 3;
/** As many as an embedding may have. */
const MAX_TOKENS = 1_000_000;
const MAX_TARGET_RANK = 2;

const NUMBER = { type: 'number' };
const listOf = (items: object) => ({ type: 'array', items, minItems: 1 });

const lengths = z.array(z.unknown()).min(1).max(MAX_SAMPLES);

/** Elements are not parsed by zod, which would take seconds for two million numbers. */
const listOption = (maxRank: number, description: string, items: object) =>
  z
    .unknown()
    .transform((value, context): Sealed => {
      if (isSealed(value)) return value;
      if (!Array.isArray(value) || value.length === 0 || value.length > MAX_SAMPLES) {
        for (const issue of lengths.safeParse(value).error?.issues ?? [])
          context.issues.push({ ...issue, input: value } as never);
        return z.NEVER;
      }
      const read = seal(value, maxRank);
      if (read instanceof Sealed) return read;
      for (const { path, message, fix } of read)
        context.issues.push({
          code: 'custom',
          input: value,
          path: [...path],
          message,
          ...(fix && { params: { fix } }),
        });
      return z.NEVER;
    })
    .meta({ description, type: 'array', minItems: 1, maxItems: MAX_SAMPLES, items });

interface InlineOptions {
  readonly inputs: Sealed;
  readonly targets: Sealed;
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
    inputs: listOption(MAX_INPUT_RANK, 'The samples, all of one shape', {
      anyOf: [NUMBER, listOf(NUMBER), listOf(listOf(NUMBER)), listOf(listOf(listOf(NUMBER)))],
    }),
    targets: listOption(
      MAX_TARGET_RANK,
      'One class index or number per sample, a list of them, or a list per time step',
      {
        anyOf: [NUMBER, listOf(NUMBER), listOf(listOf(NUMBER))],
      },
    ),
  },
  check: ({ inputs, targets }) => {
    const [samples, given] = [inputs.shape[0] as number, targets.shape[0] as number];
    if (samples !== given) {
      const message = `has ${given} elements for ${samples} samples`;
      return [{ path: ['targets'], message, fix: 'Give one target per sample' }];
    }
    return tooMany(inputs.numbers.length + targets.numbers.length, ['inputs']);
  },
  describe(options) {
    const { input, target } = shapesOf(options);
    const { tokens, classes, binary } = factsOf(options);
    return {
      samples: options.inputs.shape[0] as number,
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
  generate: ({ inputs, targets }) => ({
    inputs: inputs.numbers,
    targets: targets.numbers,
  }),
});

function shapesOf({ inputs, targets }: InlineOptions) {
  const input = inputs.shape.slice(1);
  return { input: input.length > 0 ? input : [1], target: targets.shape.slice(1) };
}

interface InlineFacts {
  readonly tokens: number | null;
  readonly classes: number | null;
  readonly binary: boolean;
}

const facts = new WeakMap<Sealed, InlineFacts>();

/** What only a look at every number tells; remembered, because descriptions are asked for often. */
function factsOf(options: InlineOptions): InlineFacts {
  const known = facts.get(options.inputs);
  if (known !== undefined) return known;
  const { inputs, targets } = options;
  const found = {
    tokens: inputs.shape.length <= 2 ? indicesBelow(inputs.numbers, MAX_TOKENS) : null,
    classes: indicesBelow(targets.numbers, MAX_CLASSES),
    binary: targets.numbers.every((value) => value >= 0 && value <= 1),
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

function tooMany(numbers: number, path: readonly string[]): DataProblem[] {
  if (numbers <= MAX_NUMBERS) return [];
  const message = `inputs and targets have ${numbers} numbers, more than ${MAX_NUMBERS}`;
  return [{ path, message, fix: 'Send fewer samples or fewer features' }];
}

/** The elements as sealed numbers, or what is wrong with them. */
function seal(elements: readonly unknown[], maxRank: number): Sealed | readonly DataProblem[] {
  const shape = shapeOf(elements[0], maxRank);
  if (shape.length > maxRank)
    return [{ path: [0], message: `is nested ${shape.length} or more deep; ${maxRank} is the most` }];
  if (sizeOf(shape) === 0) return [{ path: [0], message: 'must not be empty' }];
  // Before any element is looked at, so that an enormous request costs nothing.
  const excess = tooMany(elements.length * sizeOf(shape), []);
  if (excess.length > 0) return excess;
  // Against a broken first element every other one would look wrong.
  const first = readNumbers(elements.slice(0, 1), shape);
  const read = first.problems === undefined ? readNumbers(elements, shape) : first;
  return read.problems ?? new Sealed([elements.length, ...shape], read.numbers);
}

/** Inline data as reports name them: which they are and how many, not the numbers. */
export const inlineReference = z.object({
  type: z.literal('inline'),
  sha256: z
    .string()
    .describe(
      'SHA-256 of the text that the SHA-256 of the inputs and that of the targets make together, both in hex, each of the ' +
        'numbers as little-endian float64, row-major',
    ),
  samples: z.int(),
});

/** @returns what `inlineReference` describes */
export const inlineReferenceOf = ({ inputs, targets }: InlineOptions): z.output<typeof inlineReference> => ({
  type: 'inline',
  sha256: createHash('sha256')
    .update(inputs.sha256 + targets.sha256)
    .digest('hex'),
  samples: inputs.shape[0] as number,
});
