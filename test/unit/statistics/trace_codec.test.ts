/** @file A trace as bytes: all of it, one tensor of it, and what earlier versions have stored. */
import { serialize } from 'node:v8';
import { deflateRawSync } from 'node:zlib';
import fc from 'fast-check';
import { expect, it } from 'vitest';
import {
  decodeTensor,
  decodeTrace,
  encodeTrace,
  type Series,
  type Trace,
} from '../../../src/statistics/index.ts';

/** What the codec looks into; the rest goes through as it is. */
const traceOf = (series: readonly Series[], weights: Trace['weights']): Trace =>
  ({
    seed: 7,
    losses: Float64Array.of(1, Number.NaN, -0),
    layers: [],
    series,
    weights,
  }) as Partial<Trace> as Trace;

const tensors = fc.constantFrom(null, 'output', 'kernel.gradient', 'kernel');
const series = fc.record({
  layer: fc.option(fc.constantFrom('dense_1', 'dense_2')),
  tensor: tensors,
  metric: fc.constantFrom('rms', 'loss'),
  steps: fc.int32Array({ maxLength: 4 }),
  values: fc.float64Array({ maxLength: 4 }),
});
const weights = fc.option(fc.record({ initial: fc.uint8Array(), final: fc.uint8Array() }));

/** What versions before parts have written. */
const inOnePiece = (trace: Trace) => new Uint8Array(deflateRawSync(serialize(trace), { level: 1 }));

it('is read as it was written, in parts and in one piece, whole and a tensor alone', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(series, { maxLength: 12 }), weights, tensors, async (all, kept, tensor) => {
      const trace = traceOf(all, kept);
      const { weights: _kept, ...rest } = trace;
      for (const bytes of [encodeTrace(trace), inOnePiece(trace)]) {
        expect(await decodeTrace(bytes)).toEqual(trace);
        expect(await decodeTensor(bytes, tensor)).toEqual({
          ...rest,
          series: all.filter((one) => one.tensor === tensor),
        });
      }
    }),
    { numRuns: 60 },
  );
});

it('does not unpack what is not asked for', async () => {
  const large = {
    layer: 'dense_1',
    tensor: 'output',
    metric: 'rms',
    steps: new Int32Array(4),
    values: new Float64Array(4),
  };
  const bytes = encodeTrace(traceOf([{ ...large, tensor: null }, large], null));
  // Broken, where the weights and the other tensor are.
  bytes.fill(0xff, bytes.length - 20);
  expect((await decodeTensor(bytes, null)).series).toHaveLength(1);
  await expect(decodeTrace(bytes)).rejects.toThrow();
});
