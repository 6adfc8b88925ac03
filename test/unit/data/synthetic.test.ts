/** @file The generators keep to their definitions. */

import { describe, expect, test } from 'vitest';
import { sizeOf } from '../../../src/data/data_set.ts';
import { createRandom } from '../../../src/util/random.ts';
import { description, load, momentsOf, rowsOf } from './helpers.ts';

const pointsOf = (config: Record<string, unknown>, seed = 0) => {
  const { training } = load(config, seed);
  return rowsOf(training.inputs, 2).map(([x = 0, y = 0], i) => ({ x, y, label: training.targets[i] }));
};

describe('moons', () => {
  test('without noise lie on the two half circles', () => {
    for (const { x, y, label } of pointsOf({ type: 'moons', samples: 101, noise: 0 })) {
      const [cx, cy] = label === 0 ? [0, 0] : [1, 0.5];
      expect(Math.hypot(x - cx, y - cy)).toBeCloseTo(1, 6);
      if (label === 0) expect(y).toBeGreaterThan(-1e-6);
      else expect(y).toBeLessThan(0.5 + 1e-6);
    }
  });

  test('begin and end where scikit-learn has them', () => {
    const points = pointsOf({ type: 'moons', samples: 10, noise: 0 });
    const expected = [
      [0, 1, 0],
      [4, -1, 0],
      [5, 0, 0.5],
      [9, 2, 0.5],
    ] as const;
    for (const [i, x, y] of expected) {
      expect(points[i]?.x).toBeCloseTo(x, 6);
      expect(points[i]?.y).toBeCloseTo(y, 6);
    }
  });

  test('noise has the standard deviation asked for', () => {
    const clean = pointsOf({ type: 'moons', samples: 4000, noise: 0 });
    const noisy = pointsOf({ type: 'moons', samples: 4000, noise: 0.3 });
    const differences = noisy.map(({ x, y }, i) => [x - (clean[i]?.x ?? 0), y - (clean[i]?.y ?? 0)]);
    for (const column of [0, 1]) {
      const { mean, std } = momentsOf(differences, column);
      expect(Math.abs(mean)).toBeLessThan(0.03);
      expect(Math.abs(std - 0.3)).toBeLessThan(0.02);
    }
  });
});

test.each([undefined, 0.25])('circles have the radii 1 and factor (%s)', (factor) => {
  for (const { x, y, label } of pointsOf({ type: 'circles', samples: 100, noise: 0, factor })) {
    expect(Math.hypot(x, y)).toBeCloseTo(label === 0 ? 1 : (factor ?? 0.8), 6);
  }
});

test('blobs scatter with std around centers in the box', () => {
  const { training } = load({ type: 'blobs', samples: 3000, centers: 3, std: 0.5, features: 4 });
  const rows = rowsOf(training.inputs, 4);
  for (const label of [0, 1, 2]) {
    const cluster = rows.filter((_, i) => training.targets[i] === label);
    for (const column of [0, 1, 2, 3]) {
      const { mean, std } = momentsOf(cluster, column);
      expect(Math.abs(mean)).toBeLessThan(10.1);
      expect(Math.abs(std - 0.5)).toBeLessThan(0.05);
    }
  }
});

test('blobs without spread are their centers, and the first classes take the rest', () => {
  const { training, class_counts } = load({ type: 'blobs', samples: 11, centers: 4, std: 0 });
  expect(class_counts).toEqual([3, 3, 3, 2]);
  expect([...training.targets]).toEqual([0, 0, 0, 1, 1, 1, 2, 2, 2, 3, 3]);
  const distinct = new Set(rowsOf(training.inputs, 2).map(String));
  expect(distinct.size).toBe(4);
});

test('spirals wind outwards, each class from its own angle', () => {
  const points = pointsOf({ type: 'spirals', samples: 300, noise: 0, classes: 3, turns: 2 });
  points.forEach(({ x, y, label = -1 }, i) => {
    const t = (Math.floor(i / 3) + 1) / 100;
    const angle = 2 * Math.PI * (2 * t + label / 3);
    expect(label).toBe(i % 3);
    expect(x).toBeCloseTo(t * Math.cos(angle), 6);
    expect(y).toBeCloseTo(t * Math.sin(angle), 6);
  });
});

test('xor is the truth table, and its labels belong to the corners', () => {
  expect(pointsOf({ type: 'xor', samples: 4, noise: 0 })).toEqual([
    { x: -1, y: -1, label: 0 },
    { x: -1, y: 1, label: 1 },
    { x: 1, y: -1, label: 1 },
    { x: 1, y: 1, label: 0 },
  ]);
  for (const { x, y, label } of pointsOf({ type: 'xor', samples: 500, noise: 0.1 })) {
    expect(label).toBe(x * y < 0 ? 1 : 0);
  }
});

test('sine is the sine of the stored input, within its bounds', () => {
  const { training } = load({ type: 'sine', samples: 500, noise: 0 });
  for (const [i, x] of training.inputs.entries()) expect(training.targets[i]).toBe(Math.fround(Math.sin(x)));
  expect(Math.min(...training.inputs)).toBeGreaterThan(-Math.PI - 1e-6);
  expect(Math.max(...training.inputs)).toBeLessThan(Math.PI + 1e-6);
  expect(Math.max(...training.inputs) - Math.min(...training.inputs)).toBeGreaterThan(6);
  const narrow = load({ type: 'sine', samples: 100, min: 2, max: 3 }).training.inputs;
  expect(narrow.every((x) => x >= 2 && x <= 3)).toBe(true);
});

test('friedman follows its formula, with five features that do not matter', () => {
  const { training } = load({ type: 'friedman', samples: 300, noise: 0 });
  rowsOf(training.inputs, 10).forEach((x, i) => {
    const [a = 0, b = 0, c = 0, d = 0, e = 0] = x;
    expect(x.every((value) => value >= 0 && value <= 1)).toBe(true);
    const y = 10 * Math.sin(Math.PI * a * b) + 20 * (c - 0.5) ** 2 + 10 * d + 5 * e;
    expect(training.targets[i]).toBeCloseTo(y, 5);
  });
});

test('teacher: standard normal inputs, bounded smooth targets, the same network for any number of samples', () => {
  const config = { type: 'teacher', samples: 2000, features: 3, hidden: 4, outputs: 2 };
  const { training, description: known } = load(config);
  expect(known).toMatchObject({ input_shape: [3], classes: null, target_shape: [2] });
  expect(training.targets).toHaveLength(4000);
  const inputs = momentsOf(rowsOf(training.inputs, 3), 1);
  expect(Math.abs(inputs.mean)).toBeLessThan(0.1);
  expect(Math.abs(inputs.std - 1)).toBeLessThan(0.06);
  expect(momentsOf(rowsOf(training.targets, 2), 0).std).toBeGreaterThan(0.05);
  const few = load({ ...config, samples: 10 }).training;
  expect([...few.targets]).toEqual([...training.targets.subarray(0, 20)]);
});

test('teacher with one hidden unit: V tanh(W x + b), all three drawn before the samples', () => {
  const { training } = load({ type: 'teacher', samples: 100, features: 2, hidden: 1 }, 9);
  const random = createRandom(9, 'data');
  const [w1, w2] = [random.normal() / Math.SQRT2, random.normal() / Math.SQRT2];
  const [b, v] = [random.normal(), random.normal()];
  rowsOf(training.inputs, 2).forEach(([x1 = 0, x2 = 0], i) => {
    expect(training.targets[i]).toBeCloseTo(v * Math.tanh(w1 * x1 + w2 * x2 + b), 6);
  });
});

test('noise is added to the targets of regressions, the inputs stay', () => {
  for (const type of ['sine', 'friedman']) {
    const clean = load({ type, samples: 3000, noise: 0 }).training;
    const noisy = load({ type, samples: 3000, noise: 0.5 }).training;
    expect(noisy.inputs).toEqual(clean.inputs);
    const errors = [...noisy.targets].map((y, i) => [y - (clean.targets[i] ?? 0)]);
    expect(Math.abs(momentsOf(errors, 0).std - 0.5)).toBeLessThan(0.03);
  }
});

describe.each(['moons', 'circles', 'blobs', 'spirals', 'xor'])('%s', (type) => {
  test.each([2, 7, 100, 101])('balances its classes over %i samples', (samples) => {
    const { class_counts } = load({ type, samples });
    const counts = class_counts ?? [];
    expect(counts.reduce((sum, n) => sum + n, 0)).toBe(samples);
    expect(Math.max(...counts) - Math.min(...counts)).toBeLessThanOrEqual(1);
  });
});

describe.each(['moons', 'circles', 'blobs', 'spirals', 'xor', 'sine', 'friedman', 'teacher'])(
  '%s',
  (type) => {
    test('is the same for the same seed and another for another', () => {
      const config = { type, samples: 64, shuffle: true, validation_split: 0.25 };
      expect(load(config, 5)).toEqual(load(config, 5));
      expect(load(config, 6).training.inputs).not.toEqual(load(config, 5).training.inputs);
      expect(load({ ...config, shuffle: false }, 6).training.inputs).not.toEqual(
        load({ ...config, shuffle: false }, 5).training.inputs,
      );
    });

    test('yields what it describes', () => {
      const { training } = load({ type, samples: 50 });
      const { samples, input_shape, target_shape } = description({ type, samples: 50 });
      expect(samples).toBe(50);
      expect(training.count).toBe(50);
      expect(training.inputs).toHaveLength(50 * sizeOf(input_shape));
      expect(training.targets).toHaveLength(50 * sizeOf(target_shape));
      expect(training.inputs.every(Number.isFinite) && training.targets.every(Number.isFinite)).toBe(true);
    });
  },
);

describe('sequences', () => {
  test('adding problem: the sum of the two marked numbers, one in each half', () => {
    const { training } = load({ type: 'adding_problem', samples: 40, length: 7 });
    for (const [i, target] of training.targets.entries()) {
      const rows = rowsOf(training.inputs.subarray(i * 14, (i + 1) * 14), 2);
      const marked = rows.flatMap(([, mark], t) => (mark === 1 ? [t] : []));
      expect(marked).toHaveLength(2);
      expect(marked[0]).toBeLessThan(3);
      expect(marked[1]).toBeGreaterThanOrEqual(3);
      const sum = marked.reduce((total, t) => total + (rows[t]?.[0] ?? 0), 0);
      expect(target).toBeCloseTo(sum, 6);
    }
  });

  test('copy memory: blanks until the signal, then the symbols in their order', () => {
    const config = { type: 'copy_memory', samples: 20, length: 5, items: 3, symbols: 4 };
    const { training } = load(config);
    expect(description(config)).toMatchObject({
      input_shape: [11],
      tokens: 6,
      classes: 5,
      target_shape: [11],
    });
    for (const [i, tokens] of rowsOf(training.inputs, 11).entries()) {
      expect(tokens.slice(0, 3).every((token) => token >= 1 && token <= 4)).toBe(true);
      expect(tokens.slice(3)).toEqual([0, 0, 0, 0, 5, 0, 0, 0]);
      const targets = [...training.targets.subarray(i * 11, (i + 1) * 11)];
      expect(targets).toEqual([...Array(8).fill(0), ...tokens.slice(0, 3)]);
    }
    expect(new Set(training.targets)).toEqual(new Set([0, 1, 2, 3, 4]));
  });

  test('parity: whether the number of ones is odd', () => {
    const { training } = load({ type: 'parity', samples: 60, length: 5 });
    const expected = rowsOf(training.inputs, 5).map((bits) => bits.reduce((a, b) => a + b, 0) % 2);
    expect([...training.targets]).toEqual(expected);
    expect(new Set(expected)).toEqual(new Set([0, 1]));
  });
});
