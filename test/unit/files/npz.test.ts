/** @file Arrays beside those that are trained on: names of the classes, dates, objects. */
import { zipSync } from 'fflate';
import { expect, test } from 'vitest';
import { readNpz } from '../../../src/files/npy.ts';

/** As numpy.save writes it: magic, version, a header of 118 characters, the numbers. */
function npy(descr: string, shape: string, bytes: number): Uint8Array {
  const header = `{'descr': '${descr}', 'fortran_order': False, 'shape': ${shape}, }`.padEnd(117);
  const start = Buffer.from([0x93, ...Buffer.from('NUMPY'), 1, 0, 118, 0]);
  return new Uint8Array(Buffer.concat([start, Buffer.from(`${header}\n`), Buffer.alloc(bytes)]));
}

test('arrays that are no numbers are left out and told; alone they are refused', () => {
  const x = npy('<f4', '(2, 3)', 24);
  const { arrays, notes } = readNpz(
    zipSync({
      ...{ 'x.npy': x, 'names.npy': npy('<U3', '(2,)', 24), 'day.npy': npy('<M8[D]', '(2,)', 16) },
      ...{ 'any.npy': npy('|O', '(2,)', 16), 'z.npy': npy('<c8', '(2,)', 16) },
    }),
  );
  expect(arrays.map(({ name, shape }) => [name, shape])).toEqual([['x', [2, 3]]]);
  expect(notes.map((note) => note.split(', which')[0])).toEqual([
    'names holds texts',
    'day holds dates',
    'any holds Python objects',
    'z holds complex numbers',
  ]);
  expect(notes[0]).toContain('numpy.unique');
  expect(() => readNpz(zipSync({ 'any.npy': npy('|O', '(2,)', 16) }))).toThrow(/any holds Python objects/);
  // A broken array is not left out: the file is not whole.
  expect(() => readNpz(zipSync({ 'x.npy': x, 'y.npy': npy('<f4', '(9,)', 4) }))).toThrow(/y has 4 bytes/);
});
