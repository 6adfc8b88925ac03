/** @file Safetensors that claim more than they hold are refused by their header, before anything is copied. */
import { expect, it } from 'vitest';
import { parseExperiment } from '../../src/experiment/index.ts';
import { decodeSafetensors, encodeSafetensors } from '../../src/util/safetensors.ts';
import { memoryBefore } from './memory.ts';

function file(header: object, bytes: number): Uint8Array {
  const text = Buffer.from(JSON.stringify(header));
  const whole = Buffer.alloc(8 + text.length + bytes);
  whole.writeBigUInt64LE(BigInt(text.length));
  text.copy(whole, 8);
  return whole;
}

const tensor = (start: number, end: number) => ({
  dtype: 'F32',
  shape: [(end - start) / 4],
  data_offsets: [start, end],
});

it('a megabyte that 3,000 names share is refused, for the memory of nothing', () => {
  const size = 2 ** 20;
  const names = Array.from({ length: 3000 }, (_, i) => [`w${i}`, tensor(0, size)]);
  const bytes = file(Object.fromEntries(names), size);
  const before = memoryBefore().arrayBuffers;
  expect(decodeSafetensors(bytes)).toMatchObject({ ok: false, error: expect.stringContaining('overlap') });
  expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(2 * size);
  const parsed = parseExperiment({
    network: { input: { shape: [2] }, layers: [{ type: 'dense', units: 2 }] },
    data: { type: 'moons' },
    training: {
      loss: 'softmax_cross_entropy',
      optimizer: 'sgd',
      steps: 1,
      initial_weights: { encoding: 'safetensors', data: Buffer.from(bytes).toString('base64') },
    },
  });
  expect(parsed.ok ? [] : parsed.error).toHaveLength(1);
});

it.each([
  ['one byte in common', { a: tensor(0, 8), b: tensor(4, 12) }, 12, 'overlap'],
  ['beyond the end', { a: tensor(0, 16) }, 12, 'do not match'],
  ['backwards', { a: { dtype: 'F32', shape: [1], data_offsets: [8, 4] } }, 12, 'do not match'],
])('%s is refused', (_name, header, bytes, error) => {
  expect(decodeSafetensors(file(header, bytes))).toMatchObject({
    ok: false,
    error: expect.stringContaining(error),
  });
});

it('empty tensors and neighbours are taken', () => {
  const given = new Map([
    ['a', { shape: [0], data: new Float32Array(0) }],
    ['b', { shape: [2], data: Float32Array.of(1, 2) }],
    ['c', { shape: [1], data: Float32Array.of(3) }],
  ]);
  expect(decodeSafetensors(encodeSafetensors(given))).toEqual({ ok: true, value: given });
});
