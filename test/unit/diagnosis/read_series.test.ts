/** @file A study reads of a trace what `readSeries` leaves, and nothing else. */
import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { diagnose, readSeries } from '../../../src/diagnosis/index.ts';
import { UNREAD_METRICS } from '../../../src/diagnosis/read_series.ts';
import { parseExperiment } from '../../../src/experiment/index.ts';
import type { Trace } from '../../../src/statistics/index.ts';
import { train } from '../../../src/training/index.ts';

const source = new URL('../../../src/', import.meta.url);

const networks = {
  'deep sigmoid': Array(10).fill({ type: 'dense', units: 16, activation: 'sigmoid' }),
  'dead units': [
    {
      type: 'dense',
      units: 16,
      activation: 'relu',
      bias_initializer: { type: 'constant', value: -20 },
    },
  ],
  'with normalization': [
    { type: 'dense', units: 16, activation: 'tanh' },
    { type: 'batch_norm' },
    { type: 'dropout', rate: 0.2 },
  ],
};

async function traceOf(layers: readonly unknown[]) {
  const parsed = parseExperiment({
    network: { input: { shape: [2] }, layers: [...layers, { type: 'dense', units: 2 }] },
    data: { type: 'moons', samples: 200 },
    training: { loss: 'softmax_cross_entropy', optimizer: { type: 'sgd', learning_rate: 0.3 }, steps: 60 },
    diagnostics: { probe_every: 2 },
  });
  if (!parsed.ok) throw new Error(JSON.stringify(parsed.error));
  const { experiment } = parsed.value;
  const trained = await train(experiment, 0, { keepWeights: true });
  if (!trained.ok) throw new Error(trained.error.code);
  return { experiment, trace: trained.value };
}

describe('what a study keeps of a trace', () => {
  it.each(Object.entries(networks))('gives the same checks: %s', async (_name, layers) => {
    const { experiment, trace } = await traceOf(layers);
    expect(diagnose(experiment, [readSeries(trace)])).toEqual(diagnose(experiment, [trace]));
  });

  it('is a fifth of it at most', async () => {
    const { trace } = await traceOf(networks['deep sigmoid']);
    const numbersOf = ({ series }: Trace) => series.reduce((sum, { values }) => sum + values.length, 0);
    expect(numbersOf(readSeries(trace))).toBeLessThan(numbersOf(trace) / 5);
    expect(readSeries(trace).weights).toBeNull();
  });

  it('holds every metric that rules, remedies and studies name', () => {
    const files = ['diagnosis', 'remedies', 'study', 'preflight'].flatMap((folder) =>
      readdirSync(new URL(`${folder}/`, source), { recursive: true, encoding: 'utf8' })
        // What a trace of another program may hold is a list of all metrics.
        .filter((file) => file.endsWith('.ts') && !file.startsWith('given_'))
        .map((file) => new URL(`${folder}/${file}`, source)),
    );
    expect(files.length).toBeGreaterThan(50);
    const named = files.flatMap((file) => {
      const text = readFileSync(file, 'utf8');
      return [...UNREAD_METRICS]
        .filter((metric) => text.includes(`'${metric}'`))
        .map((m) => `${m} in ${file}`);
    });
    expect(named).toEqual([]);
  });
});
