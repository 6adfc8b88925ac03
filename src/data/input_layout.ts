/** @file Where the inputs of a network stand in the row of numbers that a sample is. */
import { type DataDescription, type InputField, sizeOf } from './data_set.ts';

/** An input as a network asks for it. */
export interface WantedInput {
  readonly name: string;
  /** Without the batch. */
  readonly shape: readonly number[];
  readonly dtype: 'float32' | 'token';
}

/** Columns of a sample's row that are one input of the network. */
export interface InputLayout extends WantedInput {
  readonly offset: number;
  readonly size: number;
}

export interface InputMismatch {
  /** The input of the network that does not fit, or null where it is all of them. */
  readonly name: string | null;
  readonly message: string;
  readonly fix: string;
}

const text = (shape: readonly number[]) => `[${shape.join(', ')}]`;
const listOf = (names: readonly { readonly name: string }[]) =>
  names.map(({ name }) => `"${name}"`).join(', ');

/** Fields of the data, of which one without a name goes by the network's. */
function fieldsOf(
  { inputs, input_shape, tokens }: DataDescription,
  [only, ...others]: readonly WantedInput[],
): readonly InputField[] | null {
  if (inputs !== undefined) return inputs;
  return only === undefined || others.length > 0 ? null : [{ name: only.name, shape: input_shape, tokens }];
}

/** Few channels behind two larger axes: an image as Keras, TensorFlow and most image files have it. */
export const isChannelsLast = (shape: readonly number[]): boolean => {
  const [height = 0, width = 0, channels = 0, ...rest] = shape;
  return shape.length === 3 && rest.length === 0 && channels <= 4 && height > 4 && width > 4;
};

export const channelsFirst = ([height = 1, width = 1, channels = 1]: readonly number[]): number[] => [
  channels,
  height,
  width,
];

export const channelsLastHint = (shape: readonly number[]): string =>
  `images are [channels, height, width]; yours looks like ${text(shape)}`;

/** Numbers that are taken in their order mean something else where the channels are elsewhere: of one channel they do not. */
const isTurned = (own: readonly number[], shape: readonly number[]): boolean =>
  isChannelsLast(own) && own[2] !== 1 && channelsFirst(own).join() === shape.join();

const fits = ({ shape: own }: InputField, shape: readonly number[], reshapable: boolean): boolean =>
  own.join() === shape.join() || (reshapable && sizeOf(own) === sizeOf(shape) && !isTurned(own, shape));

/** The field of the data for every input of the network; else what does not fit. */
export function matchInputs(
  description: DataDescription,
  wanted: readonly WantedInput[],
): { readonly fields: ReadonlyMap<string, InputField> } | { readonly mismatches: InputMismatch[] } {
  const fields = fieldsOf(description, wanted);
  if (fields === null) {
    const message = `the network has the inputs ${listOf(wanted)}, but the data have one input without a name`;
    const fix = 'give the network one "input", or data whose inputs have these names';
    return { mismatches: [{ name: null, message, fix }] };
  }
  const missing = wanted.filter(({ name }) => !fields.some((field) => field.name === name));
  const spare = fields.filter(({ name }) => !wanted.some((input) => input.name === name));
  const mismatches = [
    ...missing.map(({ name }) => ({
      name,
      message: `the data have no input "${name}"`,
      fix: `the inputs of the data are: ${listOf(fields)}`,
    })),
    ...spare.map(({ name, shape }) => ({
      name: null,
      message: `the data have an input "${name}" that the network has not`,
      fix: `remove it from the data, or add "${name}": { "shape": ${text(shape)} } to network.inputs`,
    })),
    ...wanted.flatMap(({ name, shape }) => {
      const field = fields.find((candidate) => candidate.name === name);
      if (field === undefined || fits(field, shape, description.reshapable)) return [];
      const last = [shape, field.shape].find(isChannelsLast);
      const hint = last === undefined ? '' : `; ${channelsLastHint(last)}`;
      const message = `the network takes ${text(shape)} but the data have inputs of ${text(field.shape)}${hint}`;
      const fix =
        last === field.shape
          ? `send each as ${text(channelsFirst(last))}, and set the shape to that`
          : `set it to ${text(field.shape)}`;
      return [{ name, message, fix }];
    }),
  ];
  if (mismatches.length > 0) return { mismatches };
  return { fields: new Map(fields.map((field) => [field.name, field])) };
}

/** Where each input of a network that fits stands, in the network's order. */
export function layoutOf(description: DataDescription, wanted: readonly WantedInput[]): InputLayout[] {
  const fields = fieldsOf(description, wanted) ?? [];
  return wanted.map(({ name, shape, dtype }) => {
    const index = fields.findIndex((field) => field.name === name);
    const before = fields.slice(0, index).map((field) => sizeOf(field.shape));
    return { name, shape, dtype, offset: before.reduce((sum, size) => sum + size, 0), size: sizeOf(shape) };
  });
}
