/** @file The real tables are whole, and what their sources say they are. */
import { describe, expect, test } from 'vitest';
import { type DataPart, dataParts, dataSchema, describeData, loadData } from '../../../src/data/index.ts';
import { createRandom } from '../../../src/util/random.ts';
import { inputOf, load, rowsOf } from './helpers.ts';

const firstRow = (type: string, features: number) => rowsOf(load({ type }).training.inputs, features)[0];
const floats = (...values: number[]) => [...Float32Array.from(values)];

test.each([
  ['iris', 150, 4, [50, 50, 50]],
  ['wine', 178, 13, [59, 71, 48]],
  ['breast_cancer', 569, 30, [212, 357]],
  ['digits', 1797, 64, [178, 182, 177, 183, 181, 182, 181, 179, 174, 180]],
  ['diabetes', 442, 10, null],
])('%s has %i rows of %i features', (type, rows, features, classCounts) => {
  const { training, description, class_counts } = load({ type });
  expect(training.count).toBe(rows);
  expect(training.inputs).toHaveLength(rows * features);
  expect(training.targets).toHaveLength(rows);
  expect(class_counts).toEqual(classCounts);
  expect(description.classes).toBe(classCounts?.length ?? null);
  expect(description.target_shape).toEqual(classCounts ? [] : [1]);
});

test('the first rows are the known ones', () => {
  expect(firstRow('iris', 4)).toEqual(floats(5.1, 3.5, 1.4, 0.2));
  expect(firstRow('wine', 13)?.slice(0, 3)).toEqual(floats(14.23, 1.71, 2.43));
  expect(firstRow('breast_cancer', 30)?.slice(0, 3)).toEqual(floats(17.99, 10.38, 122.8));
  expect(firstRow('digits', 64)?.slice(0, 8)).toEqual([0, 0, 5, 13, 9, 1, 0, 0]);
  expect(firstRow('diabetes', 10)?.slice(0, 3)).toEqual(floats(59, 2, 32.1));
  expect(load({ type: 'diabetes' }).training.targets[0]).toBe(151);
});

test('digits are whole numbers from 0 to 16', () => {
  const { inputs } = load({ type: 'digits' }).training;
  expect(inputs.every((pixel) => Number.isInteger(pixel) && pixel >= 0 && pixel <= 16)).toBe(true);
  expect(inputs.includes(16)).toBe(true);
});

test("diabetes' mean progression is 152.13", () => {
  const { targets } = load({ type: 'diabetes' }).training;
  expect(targets.reduce((sum, y) => sum + y, 0) / targets.length).toBeCloseTo(152.133, 3);
});

describe('samples', () => {
  test('are the first rows in the given order, or the first after shuffling', () => {
    const all = load({ type: 'iris' }).training;
    const first = load({ type: 'iris', samples: 20 }).training;
    expect(first.inputs).toEqual(all.inputs.slice(0, 80));
    const shuffled = load({ type: 'iris', samples: 20, shuffle: true });
    expect(shuffled.training.inputs).toEqual(
      load({ type: 'iris', shuffle: true }).training.inputs.slice(0, 80),
    );
    expect(shuffled.class_counts?.every((n) => n > 0)).toBe(true);
    expect(shuffled.description.samples).toBe(20);
  });

  test('may not exceed the table', () => {
    expect(dataSchema.safeParse({ type: 'iris', samples: 151 }).success).toBe(false);
    expect(dataSchema.safeParse({ type: 'iris', samples: 150 }).success).toBe(true);
  });
});

test('digits take the shape that the network asks for, iris does not', () => {
  const digits = dataSchema.parse({ type: 'digits' });
  expect(describeData(digits).input_shape).toEqual([64]);
  const image = loadData(digits, 0, inputOf([1, 8, 8]));
  expect(image.inputs).toMatchObject([{ shape: [1, 8, 8], offset: 0, size: 64 }]);
  expect(image.training.inputs).toEqual(loadData(digits, 0, inputOf([64])).training.inputs);
  expect(() => loadData(digits, 0, inputOf([63]))).toThrow('does not fit');
  expect(() => loadData(dataSchema.parse({ type: 'iris' }), 0, inputOf([2, 2]))).toThrow('does not fit');
});

test('what a part yields is a copy of the cached table', () => {
  const part = dataParts.find(({ type }) => type === 'iris') as DataPart;
  (part.generate({ samples: null }, createRandom(0)).inputs as Float32Array).fill(0);
  expect(firstRow('iris', 4)).toEqual(floats(5.1, 3.5, 1.4, 0.2));
});

test('preparing the data leaves the cached table as it is', () => {
  const before = load({ type: 'wine' }).training.inputs;
  load({ type: 'wine', standardize: true, scale: 3 });
  expect(load({ type: 'wine' }).training.inputs).toEqual(before);
});
