/** @file Shuffling, splitting, scaling and standardizing. */
import { execFileSync } from 'node:child_process';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { splitSizes } from '../../../src/data/index.ts';
import { load, momentsOf, rowsOf } from './helpers.ts';

const numbered = (count: number, options: Record<string, unknown> = {}) => ({
  type: 'inline',
  inputs: Array.from({ length: count }, (_, i) => [i, 10 * i]),
  targets: Array.from({ length: count }, (_, i) => i),
  ...options,
});

describe('split', () => {
  test('holds back the last samples', () => {
    const { training, validation } = load(numbered(10, { validation_split: 0.3 }));
    expect([...training.targets]).toEqual([0, 1, 2, 3, 4, 5, 6]);
    expect([...(validation?.targets ?? [])]).toEqual([7, 8, 9]);
    expect(validation?.count).toBe(3);
    expect(load(numbered(10)).validation).toBeNull();
  });

  test('by default is a fifth', () => {
    expect(load(numbered(10, { validation_split: undefined })).validation?.count).toBe(2);
  });

  test('leaves something on both sides', () => {
    const anySplit = [
      fc.integer({ min: 2, max: 5000 }),
      fc.double({ min: 1e-6, max: 0.9, noNaN: true }),
    ] as const;
    fc.assert(
      fc.property(...anySplit, (samples, fraction) => {
        const { training, validation } = splitSizes(samples, fraction);
        expect(training + validation).toBe(samples);
        expect(training).toBeGreaterThanOrEqual(1);
        expect(validation).toBeGreaterThanOrEqual(1);
        expect(Math.abs(validation - samples * fraction)).toBeLessThanOrEqual(1);
      }),
    );
    expect(splitSizes(1, 0.5)).toEqual({ training: 1, validation: 0 });
    expect(splitSizes(7, 0)).toEqual({ training: 7, validation: 0 });
  });

  test('shuffled: each sample once, with its own target, in an order that the seed decides', () => {
    const config = numbered(50, { shuffle: true, validation_split: 0.2 });
    const { training, validation } = load(config, 3);
    const targets = [...training.targets, ...(validation?.targets ?? [])];
    expect(targets).not.toEqual(targets.toSorted((a, b) => a - b));
    expect(targets.toSorted((a, b) => a - b)).toEqual(Array.from({ length: 50 }, (_, i) => i));
    rowsOf(training.inputs, 2).forEach((row, i) => {
      const target = training.targets[i] ?? Number.NaN;
      expect(row).toEqual([target, 10 * target]);
    });
    expect(load(config, 4).training.targets).not.toEqual(training.targets);
  });

  test('counts the classes of the training split', () => {
    const config = numbered(6, { targets: [0, 0, 2, 0, 1, 1], validation_split: 0.34 });
    expect(load(config).class_counts).toEqual([3, 0, 1]);
    expect(load({ type: 'sine' }).class_counts).toBeNull();
  });
});

describe('standardize', () => {
  test('gives mean 0 and deviation 1 on the training split', () => {
    const { training } = load({ type: 'wine', standardize: true, shuffle: true, validation_split: 0.2 });
    const rows = rowsOf(training.inputs, 13);
    for (let column = 0; column < 13; column++) {
      const { mean, std } = momentsOf(rows, column);
      expect(mean).toBeCloseTo(0, 6);
      expect(std).toBeCloseTo(1, 6);
    }
  });

  test('uses the statistics of the training split for validation, too', () => {
    const { validation } = load(numbered(4, { standardize: true, validation_split: 0.25 }));
    // Training 0, 1, 2: mean 1, biased standard deviation √(2/3); validation 3.
    for (const value of validation?.inputs ?? []) expect(value).toBeCloseTo(2 / Math.sqrt(2 / 3), 6);
  });

  test('only centres a constant feature', () => {
    const inputs = [0.1, 0.1, 0.1, 5.1].map((x, i) => [x, i]);
    const config = {
      type: 'inline',
      inputs,
      targets: [0, 1, 0, 1],
      standardize: true,
      validation_split: 0.25,
    };
    const { training, validation } = load(config);
    expect(rowsOf(training.inputs, 2).map(([x]) => x)).toEqual([0, 0, 0]);
    expect(validation?.inputs[0]).toBeCloseTo(5, 5);
  });

  test('is accurate where the mean is large against the deviation', () => {
    const inputs = [1e6, 1e6 + 1, 1e6 + 2];
    const { training } = load({ type: 'inline', inputs, targets: [0, 1, 0], standardize: true });
    expect([...training.inputs].map((x) => x * Math.sqrt(2 / 3))).toEqual([
      expect.closeTo(-1, 6),
      expect.closeTo(0, 6),
      expect.closeTo(1, 6),
    ]);
  });
});

describe('scale', () => {
  test('multiplies the inputs of both splits and no targets', () => {
    const { training, validation } = load(numbered(4, { scale: 0.5, validation_split: 0.25 }));
    expect([...training.inputs]).toEqual([0, 0, 0.5, 5, 1, 10]);
    expect([...(validation?.inputs ?? [])]).toEqual([1.5, 15]);
    expect([...training.targets]).toEqual([0, 1, 2]);
  });

  test('comes before standardize, which therefore undoes it', () => {
    const plain = load({ type: 'iris', standardize: true }).training.inputs;
    const scaled = load({ type: 'iris', standardize: true, scale: 1024 }).training.inputs;
    expect(scaled).toEqual(plain);
    const flipped = load({ type: 'iris', standardize: true, scale: -1 }).training.inputs;
    expect(flipped).toEqual(plain.map((x) => -x));
  });
});

describe('a large data set of float32', () => {
  const [samples, width] = [16_384, 1024];
  const script = `
    import { splitSamples } from '${new URL('../../../src/data/splits.ts', import.meta.url)}';
    const inputs = new Float32Array(${samples * width}).map((_, i) => i % 251);
    const targets = new Float32Array(${samples});
    const layout = [{ name: 'input', offset: 0, size: ${width}, dtype: 'float32' }];
    const description = { samples: ${samples}, input_shape: [${width}], target_shape: [], classes: 2 };
    const options = { shuffle: true, validation_split: 0.2, scale: 2, standardize: true, standardize_targets: false };
    const before = process.resourceUsage().maxRSS;
    splitSamples({ inputs, targets }, description, layout, options, { seed: 0, learnsInputs: false });
    console.log((process.resourceUsage().maxRSS - before) * 1024 / inputs.byteLength);
  `;

  test('is standardized without a copy', () => {
    const output = execFileSync(process.execPath, ['--input-type=module', '--eval', script], {
      encoding: 'utf8',
    });
    // A copy in float32 would be 1 more.
    expect(Number(output)).toBeLessThan(0.5);
  });
});
