/** @file Data given in the request itself: read into sealed numbers as they are parsed, and never walked again. */
import { createHash } from 'node:crypto';
import { z } from 'zod';
import { inPlainWords } from '../../util/requirement.ts';
import { isSealed, Sealed } from '../../util/sealed.ts';
import {
  columnsOf,
  type DataProblem,
  defineData,
  type Range,
  sizeOf,
  type TargetColumn,
  type TargetFacts,
  targetFactsOf,
} from '../data_set.ts';
import { readNumbers, shapeOf } from '../nested.ts';
import { MAX_CLASSES, MAX_NUMBERS, MAX_SAMPLES } from '../options.ts';

const MAX_INPUT_RANK = 4;
/** Classes of samples, or of their time steps. */
const MAX_CLASS_RANK = 2;
/** As many as an embedding may have. */
const MAX_TOKENS = 1_000_000;
/** Targets may be images, or sequences of them. */
const MAX_TARGET_RANK = MAX_INPUT_RANK;

const NUMBER = { type: 'number' };
const listOf = (items: object) => ({ type: 'array', items, minItems: 1 });

const lengths = z.array(z.unknown()).min(1).max(MAX_SAMPLES);

/** What is wrong, as zod says it. */
interface Issue {
  readonly code: string;
  readonly path: readonly PropertyKey[];
  readonly message: string;
}

/** Elements are not parsed by zod, which would take seconds for two million numbers. */
function readList(value: unknown, maxRank: number): Sealed | readonly Issue[] {
  if (isSealed(value)) return value;
  if (!Array.isArray(value) || value.length === 0 || value.length > MAX_SAMPLES)
    return lengths.safeParse(value, inPlainWords).error?.issues ?? [];
  const read = seal(value, maxRank);
  if (read instanceof Sealed) return read;
  return read.map(({ path, message, fix }) => ({
    code: 'custom',
    path: [...path],
    message,
    ...(fix && { params: { fix } }),
  }));
}

const isFields = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value) && !isSealed(value);

/** One list, or one for each name. */
function readInputs(value: unknown): InlineInputs | readonly Issue[] {
  if (!isFields(value)) return readList(value, MAX_INPUT_RANK);
  const issues: Issue[] = [];
  const fields = Object.entries(value).map(([name, elements]) => {
    const read = readList(elements, MAX_INPUT_RANK);
    if (isSealed(read)) return [name, read] as const;
    issues.push(...read.map((issue) => ({ ...issue, path: [name, ...issue.path] })));
    return [name, null] as const;
  });
  if (fields.length === 0) return [{ code: 'custom', path: [], message: 'at least one input' }];
  return issues.length > 0 ? issues : (Object.fromEntries(fields) as Readonly<Record<string, Sealed>>);
}

const readOption = <T extends InlineInputs | 'inputs'>(read: (value: unknown) => T | readonly Issue[]) =>
  z.unknown().transform((value, context): T => {
    const result = read(value);
    if (!Array.isArray(result)) return result as T;
    for (const issue of result) context.issues.push({ ...issue, input: value } as never);
    return z.NEVER;
  });

const list = (description: string, items: object) => ({
  description,
  type: 'array' as const,
  minItems: 1,
  maxItems: MAX_SAMPLES,
  items,
});

type InlineInputs = Sealed | Readonly<Record<string, Sealed>>;

interface InlineOptions {
  readonly inputs: InlineInputs;
  readonly targets: Sealed | 'inputs';
}

/** Inputs without names are one field without a name. */
interface Field {
  readonly name: string | null;
  readonly sealed: Sealed;
  /** Without the samples. */
  readonly shape: readonly number[];
}

function fieldsOf(inputs: InlineInputs): [Field, ...Field[]] {
  const named: [string | null, Sealed][] = isSealed(inputs) ? [[null, inputs]] : Object.entries(inputs);
  const fields = named.map(([name, sealed]): Field => {
    const shape = sealed.shape.slice(1);
    return { name, sealed, shape: shape.length > 0 ? shape : [1] };
  });
  return fields as [Field, ...Field[]];
}

const pathOf = ({ name }: Field): string[] => (name === null ? ['inputs'] : ['inputs', name]);

const samplesOf = (inputs: InlineInputs): number => fieldsOf(inputs)[0].sealed.shape[0] as number;

/** Each sample's fields one after another. */
function inRows(inputs: InlineInputs): Float64Array {
  const [first, ...others] = fieldsOf(inputs);
  if (others.length === 0) return first.sealed.numbers;
  const samples = samplesOf(inputs);
  const fields = [first, ...others].map(({ sealed: { numbers } }) => ({
    numbers,
    size: numbers.length / samples,
  }));
  const rowSize = fields.reduce((sum, { size }) => sum + size, 0);
  const all = new Float64Array(samples * rowSize);
  let offset = 0;
  for (const { numbers, size } of fields) {
    for (let i = 0; i < samples; i++)
      all.set(numbers.subarray(i * size, (i + 1) * size), i * rowSize + offset);
    offset += size;
  }
  return all;
}

const samplesSchema = {
  anyOf: [
    NUMBER,
    listOf(NUMBER),
    listOf(listOf(NUMBER)),
    listOf(listOf(listOf(NUMBER))),
    listOf(listOf(listOf(listOf(NUMBER)))),
  ],
};

export const inline = defineData({
  type: 'inline',
  title: 'Inline data',
  description:
    '`inputs` holds one element per sample: a number, or a list nested up to four deep (features; time and features; ' +
    'channels, height and width; time and all of these), all of one shape; a network may ask for another shape of the same size. For a network ' +
    'with several inputs it holds such a list for each of them, by name. `targets` ' +
    'holds one number per sample, or one list, nested like the output of the network: time steps and outputs; channels, height and width. ' +
    'Integers from 0 are class indices where the loss is categorical (one per sample, or a list with one per time step; ' +
    `at most ${MAX_CLASSES} classes); binary and regression losses read the same numbers as numbers. Inputs that are ` +
    'lists of integers from 0 can be tokens. ' +
    `At most ${MAX_SAMPLES} samples and ${MAX_NUMBERS} numbers.`,
  sources: ['The request itself'],
  options: {
    inputs: readOption(readInputs).meta({
      description:
        'The samples, all of the same shape. For a network with several inputs: an object with the samples of each input, by its name',
      anyOf: [
        list('The samples', samplesSchema),
        {
          type: 'object',
          minProperties: 1,
          additionalProperties: list('The samples of this input', samplesSchema),
        },
      ],
    }),
    targets: readOption<Sealed | 'inputs'>((value) =>
      value === 'inputs' ? value : readList(value, MAX_TARGET_RANK),
    ).meta({
      description:
        'The targets; or "inputs": every sample is its own target, with the same scaling (an autoencoder)',
      anyOf: [
        { const: 'inputs' },
        list(
          'One class index or number per sample, a list of them, or lists nested like the output of the network',
          samplesSchema,
        ),
      ],
    }),
  },
  check: ({ inputs, targets }) => {
    const fields = fieldsOf(inputs);
    const [samples, given] = [
      samplesOf(inputs),
      targets === 'inputs' ? samplesOf(inputs) : (targets.shape[0] as number),
    ];
    const uneven = fields.find(({ sealed }) => sealed.shape[0] !== samples);
    if (uneven !== undefined) {
      const message = `has ${uneven.sealed.shape[0]} elements, but "${fields[0].name}" has ${samples}`;
      return [{ path: pathOf(uneven), message, fix: 'Give every input of every sample' }];
    }
    if (samples !== given) {
      const message = `has ${given} elements for ${samples} samples`;
      return [{ path: ['targets'], message, fix: 'Give one target per sample' }];
    }
    const numbers = fields.reduce(
      (sum, { sealed }) => sum + sealed.numbers.length,
      targets === 'inputs' ? 0 : targets.numbers.length,
    );
    return tooMany(numbers, ['inputs']);
  },
  describe(options) {
    const fields = fieldsOf(options.inputs);
    const target = options.targets === 'inputs' ? [] : options.targets.shape.slice(1);
    const { tokens, classes, binary, input_range, columns, target_facts } = factsOf(options);
    const isNamed = fields[0].name !== null;
    return {
      samples: samplesOf(options.inputs),
      input_shape: isNamed ? [fields.reduce((sum, { shape }) => sum + sizeOf(shape), 0)] : fields[0].shape,
      ...(isNamed && {
        inputs: fields.map(({ name, shape }, i) => ({
          name: String(name),
          shape,
          tokens: tokens[i] ?? null,
        })),
      }),
      input_range,
      reshapable: true,
      tokens: isNamed ? null : (tokens[0] ?? null),
      target_shape: target,
      ...(columns !== null && { target_columns: columns }),
      classes: target.length < MAX_CLASS_RANK ? classes : null,
      // Whether integers are labels or amounts, only the loss can tell.
      also_values: true,
      binary,
      labels: classes !== null && classes <= 2,
      ...(target_facts !== null && { target_facts }),
    };
  },
  generate: ({ inputs, targets }) => ({
    inputs: inRows(inputs),
    targets: targets === 'inputs' ? new Float64Array() : targets.numbers,
  }),
});

interface InlineFacts {
  /** Of each field. */
  readonly tokens: readonly (number | null)[];
  readonly classes: number | null;
  readonly binary: boolean;
  readonly input_range: Range;
  /** Of targets that are rows. */
  readonly columns: readonly TargetColumn[] | null;
  readonly target_facts: TargetFacts | null;
}

const facts = new WeakMap<InlineInputs, InlineFacts>();

/** What only a look at every number tells; remembered, because descriptions are asked for often. */
function factsOf(options: InlineOptions): InlineFacts {
  const known = facts.get(options.inputs);
  if (known !== undefined) return known;
  const { inputs, targets } = options;
  const found = {
    tokens: fieldsOf(inputs).map(({ sealed, shape }) =>
      shape.length === 1 ? indicesBelow(sealed.numbers, MAX_TOKENS) : null,
    ),
    classes: targets === 'inputs' ? null : indicesBelow(targets.numbers, MAX_CLASSES),
    columns:
      targets === 'inputs' || targets.shape.length !== 2
        ? null
        : columnsOf(targets.numbers, targets.shape[1] as number),
    input_range: rangeOf(fieldsOf(inputs).map(({ sealed }) => sealed.numbers)),
    binary: targets !== 'inputs' && targets.numbers.every((value) => value >= 0 && value <= 1),
    target_facts: targets === 'inputs' ? null : targetFactsOf(targets.numbers),
  };
  facts.set(inputs, found);
  return found;
}

function rangeOf(arrays: readonly Float64Array[]): Range {
  let [low, high] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
  for (const numbers of arrays)
    for (const x of numbers) {
      if (x < low) low = x;
      if (x > high) high = x;
    }
  return [low, high];
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
      'SHA-256 of the text that the SHA-256 of the inputs (of several, each after its name) and that of the targets make ' +
        'together, in hex, each of the ' +
        'numbers as little-endian float64, row-major',
    ),
  samples: z.int(),
});

/** @returns what `inlineReference` describes */
export const inlineReferenceOf = ({ inputs, targets }: InlineOptions): z.output<typeof inlineReference> => ({
  type: 'inline',
  sha256: createHash('sha256')
    .update(fieldsOf(inputs).reduce((text, { name, sealed }) => text + (name ?? '') + sealed.sha256, ''))
    .update(targets === 'inputs' ? targets : targets.sha256)
    .digest('hex'),
  samples: samplesOf(inputs),
});
