/** @file Samples that stay in their file are the very numbers of those in memory, in whatever order they are read. */
import { mkdtempSync, rmSync, truncateSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { Rows } from '../../../src/data/rows.ts';
import { writeBlocks } from '../../../src/files/blocks.ts';
import { blockBytes, SideBySide, StoredNumbers } from '../../../src/files/index.ts';
import { createRandom } from '../../../src/util/random.ts';

const SAMPLES = 500;
const SIZE = 300;
const random = createRandom(3, 'stored');
const arrays = {
  floats: Float32Array.from({ length: SAMPLES * SIZE }, () => random.normal()),
  doubles: Float64Array.from({ length: SAMPLES * SIZE }, () => random.normal()),
  bytes: Uint8Array.from({ length: SAMPLES * SIZE }, () => random.integer(256)),
};
const folder = mkdtempSync(join(tmpdir(), 'gradclinic-stored-'));
const path = join(folder, 'numbers');

beforeAll(() => writeBlocks(path, new Map(Object.entries(arrays))));
afterAll(() => rmSync(folder, { recursive: true }));

const change = {
  factor: 0.5,
  isScaled: new Uint8Array(SIZE).fill(1),
  moments: { mean: new Float64Array(SIZE).fill(0.1), std: new Float64Array(SIZE).fill(2) },
};
const shuffled = () => createRandom(4, 'order').shuffle(Int32Array.from({ length: SAMPLES }, (_, i) => i));
const inOrder = () => Int32Array.from({ length: SAMPLES }, (_, i) => i);

test.each(Object.keys(arrays) as (keyof typeof arrays)[])('%s', (name) => {
  const stored = new StoredNumbers(path, name);
  expect(stored.length).toBe(SAMPLES * SIZE);
  expect(blockBytes(path, name)).toBe(arrays[name].byteLength);
  const columns = Int32Array.from({ length: SIZE }, (_, i) => SIZE - 1 - i);
  for (const order of [inOrder(), shuffled()]) {
    const pairs = [
      [new Rows(stored, SIZE, order), new Rows(arrays[name], SIZE, order)],
      [new Rows(stored, SIZE, order, columns, change), new Rows(arrays[name], SIZE, order, columns, change)],
    ] as const;
    for (const [ours, theirs] of pairs) {
      expect(ours.slice(7, 450).toFloat32()).toEqual(theirs.slice(7, 450).toFloat32());
      for (const [row, column] of [
        [499, 299],
        [0, 0],
        [0, 1],
        [250, 17],
      ] as const)
        expect(ours.at(row, column)).toBe(theirs.at(row, column));
    }
  }
});

test('arrays side by side are the very numbers of one array that holds them all, wherever each of them lies', () => {
  const parts = [arrays.bytes, new StoredNumbers(path, 'doubles'), arrays.floats];
  const whole = Float64Array.from({ length: 3 * SAMPLES * SIZE }, (_, i) => {
    const [sample, at] = [Math.floor(i / (3 * SIZE)), i % (3 * SIZE)];
    const own = [arrays.bytes, arrays.doubles, arrays.floats][Math.floor(at / SIZE)] as Float32Array;
    return own[sample * SIZE + (at % SIZE)] as number;
  });
  const joined = new SideBySide(parts, SAMPLES);
  expect(joined.length).toBe(whole.length);
  for (const order of [inOrder(), shuffled()]) {
    const [ours, theirs] = [joined, whole].map((values) => new Rows(values, 3 * SIZE, order)) as [Rows, Rows];
    expect(ours.slice(7, 450).toFloat32()).toEqual(theirs.slice(7, 450).toFloat32());
    expect([ours.at(499, 2), ours.at(499, 899), ours.at(0, 301)]).toEqual([
      theirs.at(499, 2),
      theirs.at(499, 899),
      theirs.at(0, 301),
    ]);
  }
});

test('of a file that was cut off, what is missing is an error and not zeros', () => {
  const cut = join(folder, 'cut');
  writeBlocks(cut, new Map([['x', arrays.floats]]));
  const stored = new StoredNumbers(cut, 'x');
  truncateSync(cut, 1000);
  const rows = new Rows(stored, SIZE, inOrder());
  expect(() => rows.at(499, 0)).toThrow('shorter than its header');
  expect(() => new StoredNumbers(path, 'none')).toThrow('no none');
});
