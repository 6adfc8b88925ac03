/** @file Short ways to samples for the tests of the data sets. */
import {
  type DataSplits,
  dataSchema,
  describeData,
  loadData,
  type Split,
  type WantedInput,
} from '../../../src/data/index.ts';

type Read<S> = Omit<S, 'inputs'> & { readonly inputs: Float32Array };

/** With the inputs as numbers. */
export interface ReadSplits extends Omit<DataSplits, 'training' | 'validation'> {
  readonly training: Read<Split>;
  readonly validation: Read<Split> | null;
}

const read = (split: Split): Read<Split> => ({ ...split, inputs: split.inputs.toFloat32() });

/** Parsed and loaded; unless said otherwise in the generated order and without a validation split. */
export function load(config: Record<string, unknown>, seed = 0): ReadSplits {
  const parsed = dataSchema.parse({ shuffle: false, validation_split: 0, ...config });
  const { training, validation, ...others } = loadData(
    parsed,
    seed,
    inputOf(describeData(parsed).input_shape),
  );
  return {
    ...others,
    training: read(training),
    validation: validation === null ? null : read(validation),
  };
}

/** The inputs of a network that has one, of this shape. */
export const inputOf = (shape: readonly number[]): WantedInput[] => [
  { name: 'input', shape, dtype: 'float32' },
];

export const description = (config: Record<string, unknown>) => describeData(dataSchema.parse(config));

/** The rows of a row-major matrix as plain lists. */
export function rowsOf(values: Float32Array, size: number): number[][] {
  return Array.from({ length: values.length / size }, (_, i) => [
    ...values.subarray(i * size, (i + 1) * size),
  ]);
}

/** Mean and biased standard deviation of a column. */
export function momentsOf(rows: readonly number[][], column: number): { mean: number; std: number } {
  const values = rows.map((row) => row[column] ?? Number.NaN);
  const mean = values.reduce((sum, x) => sum + x, 0) / values.length;
  return { mean, std: Math.sqrt(values.reduce((sum, x) => sum + (x - mean) ** 2, 0) / values.length) };
}
