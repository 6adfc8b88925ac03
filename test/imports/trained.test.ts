/**
 * @file Imported files are trained to their end: the targets are what the file's own framework gave, so that the loss at the imported
 * weights is nothing but rounding. `npm run test:long` takes all of them, else every eighth.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { parseExperiment } from '../../src/experiment/index.ts';
import { importModel } from '../../src/imports/index.ts';
import { train } from '../../src/training/index.ts';
import { encodeSafetensors } from '../../src/util/safetensors.ts';
import { isLong } from '../long.ts';
import type { Packed } from './archives.ts';
import { imported } from './predict.ts';

const FOLDER = new URL('fixtures/', import.meta.url);
const EVERY = isLong ? 1 : 8;
const names = readdirSync(FOLDER)
  .flatMap((name) => /^(.*)\.onnx$/.exec(name)?.[1] ?? [])
  .filter((_, i) => i % EVERY === 0);

/** Row-major numbers as lists; a sample of one number is a list, too. */
function nested({ shape: [count = 1, ...rest], data }: Packed): unknown[] {
  const size = data.length / count;
  const own = rest.length === 0 ? [1] : rest;
  return Array.from({ length: count }, (_, i) => {
    const part = data.slice(i * size, (i + 1) * size);
    return own.length === 1 ? [...part] : nested({ shape: own, data: part });
  });
}

interface Fixture {
  readonly input?: Packed;
  readonly inputs?: readonly Packed[];
  readonly output: Packed;
}

test.each(names)('%s', async (name) => {
  const fixture = JSON.parse(readFileSync(new URL(`${name}.json`, FOLDER), 'utf8')) as Fixture;
  const { output } = fixture;
  const given = (fixture.inputs ?? [fixture.input as Packed]).map(nested);
  const bytes = readFileSync(new URL(`${name}.onnx`, FOLDER));
  const model = imported(await importModel(bytes, name.startsWith('torch_open_') ? 5 : null));
  const { network, weights } = model;
  const inputs =
    'inputs' in network
      ? Object.fromEntries(Object.keys(network.inputs ?? {}).map((key, i) => [key, given[i]]))
      : given[0];
  const data = Buffer.from(encodeSafetensors(weights ?? new Map())).toString('base64');
  const parsed = parseExperiment({
    network,
    data: { type: 'inline', inputs, targets: nested(output), validation_split: 0, shuffle: false },
    training: {
      loss: 'mean_squared_error',
      optimizer: { type: 'sgd', learning_rate: 1e-3 },
      batch_size: output.shape[0],
      steps: 2,
      initial_weights: { encoding: 'safetensors', data },
    },
  });
  if (!parsed.ok) throw new Error(JSON.stringify(parsed.error));
  const result = await train(parsed.value.experiment, 0);
  if (!result.ok) throw new Error(JSON.stringify(result.error));
  const { initial, final, steps_completed, divergence } = result.value;
  const largest = output.data.reduce((most, value) => Math.max(most, Math.abs(value)), 1);
  expect(Math.sqrt(initial.loss ?? Number.NaN)).toBeLessThan(1e-5 * largest);
  expect([steps_completed, divergence]).toEqual([2, null]);
  expect(final?.loss).toBeGreaterThanOrEqual(0);
});
