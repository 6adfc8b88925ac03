/** @file What a client reads of a key that is not known or not there: where it is, and what was probably meant. */
import { describe, expect, it } from 'vitest';
import { parseExperiment } from '../../../src/experiment/index.ts';

const at = (part: string, value: unknown) => {
  const dense = { type: 'dense', units: 8, ...(part === 'activation' ? { activation: value } : {}) };
  return {
    network: {
      input: { shape: [2] },
      layers: [part === 'layer' ? value : dense, { type: 'dense', units: 2 }],
    },
    data: part === 'data' ? value : { type: 'moons', samples: 100 },
    training: {
      loss: 'softmax_cross_entropy',
      optimizer: part === 'optimizer' ? value : 'adam',
      steps: 10,
    },
  };
};

it.each<[string, unknown, [pointer: string, message: string, fix: string | RegExp][]]>([
  ['layer', { type: 'dense', units: 2, activaton: 'relu' }, [['activaton', 'unknown', '"activation"']]],
  ['layer', { typ: 'dense', units: 2 }, [['typ', 'unknown', '"type"']]],
  ['layer', { units: 2 }, [['type', 'missing', 'dense, conv1d']]],
  ['data', { typ: 'moons' }, [['typ', 'unknown', '"type"']]],
  ['optimizer', { type: 'sgd', learning_rat: 1 }, [['learning_rat', 'unknown', '"learning_rate"']]],
  ['activation', { typ: 'relu' }, [['typ', 'unknown', '"type"']]],
  ['activation', { expresion: 'x' }, [['expresion', 'unknown', '"expression"']]],
  ['activation', { expression: 'x', foo: 1 }, [['foo', 'unknown', /: expression$/]]],
  ['activation', { type: 'sigmoid', expression: 'x' }, [['expression', 'unknown', /: type$/]]],
  ['activation', { type: 'relu', negative_slop: 1 }, [['negative_slop', 'unknown', /: type$/]]],
  [
    'activation',
    { type: 'leaky_relu', negative_slop: 1 },
    [['negative_slop', 'unknown', '"negative_slope"']],
  ],
  ['activation', { type: 'relux' }, [['type', '"relux" is not known', '"relu"']]],
  [
    'activation',
    { formula: 'x' },
    [
      ['type', 'missing', 'linear, sigmoid'],
      ['formula', 'unknown', /: type, .*\bexpression$/],
    ],
  ],
])('%s %j', (part, value, expected) => {
  const parsed = parseExperiment(at(part, value));
  const problems = parsed.ok ? [] : parsed.error;
  expect(problems.map(({ pointer }) => pointer.split('/').at(-1))).toEqual(expected.map(([name]) => name));
  problems.forEach(({ message, fix }, i) => {
    expect(message).toContain(expected[i]?.[1]);
    expect(fix).toMatch(expected[i]?.[2] ?? '');
  });
});

describe('masking', () => {
  const body = (data: Record<string, unknown>) => ({
    network: {
      input: { shape: [3, 1] },
      layers: [
        { type: 'masking', value: 0 },
        { type: 'gru', units: 2 },
        { type: 'dense', units: 2 },
      ],
    },
    data: {
      type: 'inline',
      inputs: [
        [[1], [2], [0]],
        [[3], [0], [0]],
      ],
      targets: [0, 1],
      validation_split: 0,
      ...data,
    },
    training: { loss: 'softmax_cross_entropy', optimizer: 'sgd', steps: 1, batch_size: 2 },
  });

  it.each([
    [{ standardize: true }, 'standardize'],
    [{ scale: 2 }, 'scale'],
  ])('is refused where %j changes the numbers that mark padding', (data, option) => {
    const parsed = parseExperiment(body(data));
    expect(parsed.ok).toBe(false);
    if (!parsed.ok)
      expect(parsed.error).toMatchObject([
        { pointer: '/network/layers/0', fix: expect.stringContaining(`data.${option}`) },
      ]);
  });

  it('is accepted on the numbers as they are', () => {
    expect(parseExperiment(body({})).ok).toBe(true);
  });
});

it.each(['categorical_cross_entropy', 'softmax_cross_entropy'])(
  'one-hot targets under %s are told as such',
  (loss) => {
    const result = parseExperiment({
      network: { input: { shape: [1] }, layers: [{ type: 'dense', units: 3, activation: 'softmax' }] },
      data: {
        type: 'inline',
        inputs: [[1], [2], [3], [4]],
        targets: [
          [1, 0, 0],
          [0, 1, 0],
          [0, 0, 1],
          [1, 0, 0],
        ],
      },
      training: { loss, optimizer: 'adam', steps: 10 },
    });
    if (result.ok) throw new Error('it was taken');
    expect(result.error).toEqual([
      {
        pointer: '/data/targets',
        message: `${loss} reads the class of each sample, 0 to 2, and these are rows of 3 numbers, 0 and 1`,
        fix: expect.stringMatching(/^give the index of the 1 in each row; .* binary_cross_entropy$/),
      },
    ]);
  },
);
