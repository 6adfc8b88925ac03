/** @file Data in the request: shapes, kinds of targets, and the errors with their paths. */
import { describe, expect, test } from 'vitest';
import {
  dataSchema,
  describeData,
  fitsOutput,
  loadData,
  matchInputs,
  wantedOutput,
} from '../../../src/data/index.ts';
import { description, inputOf, load } from './helpers.ts';

const issuesOf = (inputs: unknown, targets: unknown) => {
  const parsed = dataSchema.safeParse({ type: 'inline', inputs, targets });
  return parsed.success
    ? []
    : parsed.error.issues.map(({ path, message }) => ({ path: path.join('/'), message }));
};
const pathsOf = (inputs: unknown, targets: unknown) => issuesOf(inputs, targets).map(({ path }) => path);

describe('inputs', () => {
  test.each([
    ['numbers', [1, 2], [1]],
    [
      'features',
      [
        [1, 2, 3],
        [4, 5, 6],
      ],
      [3],
    ],
    ['sequences', [[[1, 2]], [[3, 4]]], [1, 2]],
    ['images', [[[[1, 2]]], [[[3, 4]]]], [1, 1, 2]],
  ])('%s have their shape', (_name, inputs, shape) => {
    const config = { type: 'inline', inputs, targets: [0, 1] };
    expect(description(config)).toMatchObject({ samples: 2, input_shape: shape, reshapable: true });
    expect([...load(config).training.inputs]).toEqual(inputs.flat(3));
  });

  test('take another shape of the same size', () => {
    const config = dataSchema.parse({
      type: 'inline',
      inputs: [[1, 2, 3, 4]],
      targets: [0],
      validation_split: 0,
    });
    expect(matchInputs(describeData(config), inputOf([1, 2, 2]))).toHaveProperty('fields');
    expect(matchInputs(describeData(config), inputOf([3]))).toHaveProperty('mismatches');
    expect([...loadData(config, 0, inputOf([1, 2, 2])).training.inputs.toFloat32()]).toEqual([1, 2, 3, 4]);
  });
});

describe('targets', () => {
  const kinds = (targets: unknown[]) => {
    const known = description({ type: 'inline', inputs: targets.map((_, i) => i), targets });
    return [wantedOutput(known, 'classes'), wantedOutput(known, 'binary'), wantedOutput(known, 'values')];
  };

  test.each([
    ['0 and 1: classes, probabilities or numbers', [0, 1, 1], [[2], [1], [1]]],
    ['integers from 0: classes or numbers', [0, 4, 1], [[5], null, [1]]],
    ['negative integers: numbers', [-1, 1], [null, null, [1]]],
    ['enormous integers: numbers', [0, 1e6], [null, null, [1]]],
    ['fractions: numbers, and probabilities where they can be', [0.5, 1], [null, [1], [1]]],
    ['rows of one: also sequences of one class', [[0], [1]], [[1, 2], [1], [1]]],
    [
      'rows of 0 and 1: several binary outputs, or sequences of classes',
      [
        [0, 1, 1],
        [1, 0, 0],
      ],
      [[3, 2], [3], [3]],
    ],
    [
      'rows of numbers',
      [
        [0, 7.5],
        [2, 3],
      ],
      [null, null, [2]],
    ],
    [
      'rows for every time step',
      [
        [
          [0, 1],
          [1, 1],
          [2, 0],
        ],
      ],
      [null, null, [3, 2]],
    ],
  ])('%s', (_name, targets, outputs) => {
    expect(kinds(targets)).toEqual(outputs);
  });

  test('are kept as they are given', () => {
    const targets = [
      [1, 2.5],
      [-3, 4],
    ];
    const { training, class_counts } = load({ type: 'inline', inputs: [1, 2], targets });
    expect([...training.targets]).toEqual(targets.flat());
    expect(class_counts).toBeNull();
  });

  test('fit the outputs that a loss reads them from', () => {
    const known = description({ type: 'inline', inputs: [[1, 0]], targets: [[0, 2]] });
    expect(fitsOutput(known, 'classes', [2, 3])).toBe(true);
    expect(fitsOutput(known, 'classes', [2, 5])).toBe(true);
    expect(fitsOutput(known, 'classes', [2, 2])).toBe(false);
    expect(fitsOutput(known, 'classes', [3])).toBe(false);
    expect(fitsOutput(known, 'values', [2])).toBe(true);
    expect(fitsOutput(known, 'values', [2, 1])).toBe(true);
    expect(fitsOutput(known, 'values', [1, 2])).toBe(false);
    expect(fitsOutput(known, 'binary', [2])).toBe(false);
  });
});

describe('tokens', () => {
  const tokens = (inputs: unknown[]) =>
    description({ type: 'inline', inputs, targets: inputs.map(() => 0) }).tokens;

  test('are lists of whole numbers from 0', () => {
    expect(
      tokens([
        [0, 3],
        [5, 0],
      ]),
    ).toBe(6);
    expect(
      tokens([
        [0, 3],
        [-1, 0],
      ]),
    ).toBeNull();
    expect(tokens([[0, 0.5]])).toBeNull();
    expect(tokens([[[0], [1]]])).toBeNull();
  });
});

test('of the named sets two classes can be read as numbers, three not', () => {
  const readings = ['classes', 'binary', 'values'] as const;
  const outputs = (type: string) => readings.map((reading) => wantedOutput(description({ type }), reading));
  expect(outputs('moons')).toEqual([[2], [1], [1]]);
  expect(outputs('breast_cancer')).toEqual([[2], [1], [1]]);
  expect(outputs('iris')).toEqual([[3], null, null]);
  expect(outputs('diabetes')).toEqual([null, null, [1]]);
});

describe('errors point at the place', () => {
  test.each([
    ['a ragged row', [[1, 2], [3], [4, 5]], [0, 1, 0], ['inputs/1']],
    [
      'a ragged inner row',
      [
        [
          [1, 2],
          [3, 4],
        ],
        [[1, 2], [3]],
      ],
      [0, 1],
      ['inputs/1/1'],
    ],
    ['a number among rows', [[1, 2], 3], [0, 1], ['inputs/1']],
    ['a row among numbers', [1, [2]], [0, 1], ['inputs/1']],
    [
      'no number',
      [
        [1, 2],
        [3, '4'],
      ],
      [0, 1],
      ['inputs/1/1'],
    ],
    [
      'null',
      [
        [1, 2],
        [null, 4],
      ],
      [0, 1],
      ['inputs/1/0'],
    ],
    [
      'infinity',
      [
        [1, 2],
        [3, Number.POSITIVE_INFINITY],
      ],
      [0, 1],
      ['inputs/1/1'],
    ],
    [
      'not a number',
      [
        [1, Number.NaN],
        [3, 4],
      ],
      [0, 1],
      ['inputs/0/1'],
    ],
    [
      'more than float32 holds',
      [
        [1, 2],
        [3, 1e39],
      ],
      [0, 1],
      ['inputs/1/1'],
    ],
    [
      'a bad first sample, alone',
      [
        ['a', 2],
        [3, 4],
      ],
      [0, 1],
      ['inputs/0/0'],
    ],
    ['a ragged target', [1, 2], [[0, 1], [0]], ['targets/1']],
    ['a non-finite target', [1, 2], [0, Number.NEGATIVE_INFINITY], ['targets/1']],
    ['different lengths', [1, 2, 3], [0, 1], ['targets']],
    ['no samples', [], [], ['inputs', 'targets']],
    ['an empty sample', [[], []], [0, 1], ['inputs/0']],
    ['too deep a sample', [[[[[[1]]]]]], [0], ['inputs/0']],
    ['too deep a target', [1], [[[[[[1]]]]]], ['targets/0']],
    ['no list', 5, [0], ['inputs']],
    ['several mistakes', [[1], ['b'], ['c']], [0, 'd', 1], ['inputs/1/0', 'inputs/2/0', 'targets/1']],
  ])('%s', (_name, inputs, targets, paths) => {
    expect(pathsOf(inputs, targets)).toEqual(paths);
  });

  test('says how lengths differ', () => {
    expect(issuesOf([1, 2, 3], [0, 1])[0]?.message).toBe('has 2 elements for 3 samples');
  });

  test('stops after ten of a kind', () => {
    const inputs = [[1, 2], ...Array.from({ length: 50 }, () => [1])];
    expect(
      pathsOf(
        inputs,
        inputs.map(() => 0),
      ),
    ).toHaveLength(10);
  });

  test('refuses more than three million numbers', () => {
    const row = new Array(2000).fill(0);
    const inputs = (count: number) => Array.from({ length: count }, () => row);
    expect(pathsOf(inputs(1500), new Array(1500).fill(0))).toEqual(['inputs']);
    expect(pathsOf(inputs(1499), new Array(1499).fill(0))).toEqual([]);
  });
});
