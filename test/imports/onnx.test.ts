/** @file ONNX files that PyTorch 1.13 has written give the numbers of their modules. */
import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { importModel } from '../../src/imports/index.ts';
import type { Packed } from './archives.ts';
import { expectClose, imported, predict } from './predict.ts';

const bytesOf = (name: string) => readFileSync(new URL(`fixtures/torch_${name}.onnx`, import.meta.url));
const numbersOf = (name: string): { input: Packed; output: Packed } =>
  JSON.parse(readFileSync(new URL(`fixtures/torch_${name}.json`, import.meta.url), 'utf8'));

/** Of all cases of generate_onnx_fixtures.py. */
const names = readdirSync(new URL('fixtures/', import.meta.url)).flatMap(
  (name) => /^torch_(.*)\.onnx$/.exec(name)?.[1] ?? [],
);

describe('an ONNX file', () => {
  test.each(names)('of %s gives the same numbers', async (name) => {
    const model = imported(await importModel(bytesOf(name), name.startsWith('open_') ? 5 : null));
    const { input, output } = numbersOf(name);
    expectClose(await predict(model, input), output);
  });
  test('that turns an axis around has one layer for it', async () => {
    const { network } = imported(await importModel(bytesOf('turned')));
    expect(network.layers.filter(({ type }) => type === 'reverse')).toHaveLength(3);
  });

  test('whose convolution may have batch norm folded into it says so', async () => {
    const { warnings } = imported(await importModel(bytesOf('pooled')));
    expect(warnings.join()).toContain('folded');
  });

  test('whose scores are divided by another number than the root of the size is refused, not read as if', async () => {
    const file = Buffer.from(bytesOf('attention'));
    const number = (value: number) => Buffer.from(Float32Array.of(value).buffer);
    number(3).copy(file, file.indexOf(number(Math.sqrt(3))));
    const result = await importModel(file);
    expect(result).toMatchObject({ ok: false, error: { parts: [{ message: 'scores times 0.3333' }] } });
  });

  test.each(['open_sequence', 'open_images'])(
    'of %s is refused while nothing says its sizes',
    async (name) => {
      const result = await importModel(bytesOf(name));
      const fix = expect.stringContaining('open_size');
      expect(result).toMatchObject({ ok: false, error: { parts: [{ alternative: fix }] } });
    },
  );

  test('that is cut off is refused', async () => {
    const whole = bytesOf('mlp');
    const result = await importModel(whole.subarray(0, whole.length - 500));
    expect(result).toMatchObject({ ok: false, error: { code: 'file_unreadable' } });
  });
});
