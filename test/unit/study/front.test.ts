/** @file What is trained first, which smaller changes are offered beside, and why the others were left: as it happened. */
import { describe, expect, it } from 'vitest';
import { parseExperiment } from '../../../src/experiment/index.ts';
import { applyRemedy, type Candidate, createArm, remedies } from '../../../src/remedies/index.ts';
import { bySize, combined, isSmaller, type Option, single, type Trained } from '../../../src/study/option.ts';
import type { Screened } from '../../../src/study/outcome.ts';
import { alternativesTo } from '../../../src/study/recommend.ts';
import { combinationRows, remedyRows } from '../../../src/study/report_rows.ts';
import { firstWave } from '../../../src/study/rounds.ts';
import { train } from '../../../src/training/index.ts';
import { experiment as sick } from '../../faults/workload.ts';

const parsed = parseExperiment(sick(1));
if (!parsed.ok) throw new Error(JSON.stringify(parsed.error));
const { experiment } = parsed.value;
const trained = await train(experiment, 0);
if (!trained.ok) throw new Error(trained.error.code);
const arm = createArm(experiment, [trained.value]);

function applied(name: string): Candidate {
  const remedy = remedies.find((one) => one.remedy === name);
  const result = remedy === undefined ? null : applyRemedy(remedy, experiment);
  if (result === null || 'reason' in result) throw new Error(`${name} does not apply`);
  return result;
}

/** After a trial with so many of the steps, the baseline at 1. */
const screened = (name: string, value: number, share: number): Screened => ({
  ...{ candidate: applied(name), value, share, healthy: false, baseline: 1, curve: [] },
});
const namesOf = (changes: readonly { readonly remedies: readonly string[] }[]) =>
  changes.map((one) => one.remedies.join());

const NAMES = [
  ...['use_adam', 'use_rmsprop', 'raise_learning_rate', 'reinitialize_weights', 'use_relu'],
  ...['use_elu', 'use_selu', 'add_batch_norm', 'add_layer_norm', 'add_residual_connections'],
];

describe('what is trained in full from the start', () => {
  const candidates = NAMES.map(applied);
  const wave = (values: readonly number[], share = 1 / 3) =>
    namesOf(
      firstWave(
        {
          ...{ share, baseline: 1, recipes: [] },
          screened: NAMES.map((name, i) => screened(name, values[i] ?? 1, share)).toSorted(
            (a, b) => a.value - b.value,
          ),
        },
        candidates,
      ),
    );

  it('is what has cured most often, where a third of the steps told nothing', () => {
    // Late learners stand on their plateau: the order of such values is chance.
    const plateau = NAMES.map((_, i) => 0.99 - 0.001 * i);
    expect(wave(plateau)).toEqual(NAMES.slice(0, 8));
  });

  it('is the best of each kind of change, where it told something', () => {
    const values = [0.7, 0.9, 0.95, 0.6, 0.5, 0.4, 0.3, 0.2, 0.1, 0.15];
    expect(wave(values)).toEqual(['add_layer_norm', 'use_selu', 'reinitialize_weights']);
  });
});

describe('a change', () => {
  const sized = (...names: string[]) =>
    combined({ parts: names.map((remedy) => ({ remedy, dose: null })), experiment }, []);

  it('is smaller by what it costs: two settings are less than new layers, three are more', () => {
    const layers = sized('add_layer_norm');
    expect(isSmaller(sized('reinitialize_weights', 'use_adam'), layers)).toBe(true);
    expect(isSmaller(layers, sized('reinitialize_weights', 'use_adam', 'standardize_inputs'))).toBe(true);
    expect(isSmaller(sized('use_relu'), sized('reinitialize_weights', 'use_adam'))).toBe(true);
    expect(isSmaller(sized('use_adam'), sized('use_relu'))).toBe(true);
    // Of what costs the same, fewer remedies, then the less laborious.
    expect(isSmaller(layers, sized('use_relu', 'reinitialize_weights'))).toBe(true);
    expect(isSmaller(sized('use_adam'), sized('reinitialize_weights'))).toBe(true);
    expect(isSmaller(layers, layers)).toBe(false);
  });
});

it('of changes that cost the same, the one that touches fewer settings comes first, then the lower validation loss', () => {
  const trainedOnce = (name: string, validation: number): Option => ({
    ...single(screened(name, 0.1, 1)),
    ...{ arm, verification: null, findings: [], values: [0.1], value: 0.1, expected: 0.1 },
    validations: [validation],
  });
  const first = (...options: Option[]) => options.toSorted(bySize)[0]?.remedies;
  // Another rate is one number, another optimizer is many.
  expect(first(trainedOnce('use_rmsprop', 0.1), trainedOnce('lower_learning_rate', 0.11))).toEqual([
    'lower_learning_rate',
  ]);
  expect(first(trainedOnce('use_selu', 0.1), trainedOnce('use_relu', 0.11))).toEqual(['use_relu']);
  expect(first(trainedOnce('raise_learning_rate', 0.1), trainedOnce('lower_learning_rate', 0.11))).toEqual([
    'raise_learning_rate',
  ]);
});

describe('a remedy that was not re-trained', () => {
  const reasons = (values: readonly number[], shares: readonly number[]) =>
    remedyRows(
      [],
      values.map((value, i) => screened(NAMES[i] ?? '', value, shares[i] ?? 1)),
      [],
      { experiment, end: 'the budget ends there' },
    ).map(({ verification: { reason } }) => reason);

  it('is told to be worse than others only where they did better', () => {
    expect(reasons([0.2, 0.5, 0.4], [1, 1, 1])).toEqual([
      'screened on the first seed and all steps, where no other did better; the budget ends there',
      'screened on the first seed and all steps, where 2 of the 2 others did better; the budget ends there',
      'screened on the first seed and all steps, where 1 of the 2 others did better; the budget ends there',
    ]);
    const third = 'screened on the first seed and a third of the steps, where no other did better';
    for (const reason of reasons([1, 1], [1 / 3, 1 / 3])) expect(reason).toContain(third);
    expect(reasons([0.5, Number.POSITIVE_INFINITY], [1, 0])[1]).toMatch(/^not tried: it costs more/);
  });
});

it('what was left of a recipe alone is told as that remedy, and not as a combination', () => {
  const waiting = screened('lower_learning_rate', Number.POSITIVE_INFINITY, 0);
  const left = {
    ...combined(
      { parts: [{ remedy: 'lower_learning_rate', dose: 0.01 }], experiment: waiting.candidate.experiment },
      [],
    ),
    ...{ arm, findings: [], values: [0.1], value: 0.1, expected: 0.1, validations: [0.1] },
    verification: { status: 'verified', reason: 'it helps', cleared: [], introduced: [], effects: [] },
  } as unknown as Trained;
  const rows = remedyRows([left], [waiting], [left], { experiment, end: 'the budget ends there' });
  expect(rows.map(({ remedy, verification }) => [remedy, verification.status])).toEqual([
    ['lower_learning_rate', 'verified'],
  ]);
  expect(combinationRows(experiment, [left])).toEqual([]);
});

describe('alternatives', () => {
  /** Verified, of so many remedies, and expected to reach so much. */
  const option = (names: string[], expected: number, status = 'verified'): Trained => ({
    remedies: names,
    parts: names.map((remedy) => ({ remedy, dose: null })),
    ...{ treats: [], effort: 0, cost: names.length, experiment, screened: null, arm, findings: [] },
    ...{ values: [expected], value: expected, expected, validations: [expected] },
    verification: { status } as Trained['verification'],
  });
  const chosen = option(['a', 'b', 'c'], 0.1);
  const offered = (options: readonly Option[], failed: readonly Trained[] = []) =>
    alternativesTo(
      chosen,
      { options: [chosen, ...options], failed: failed.map((one) => ({ option: one, proof: arm })) },
      experiment,
    );

  it('are smaller and reach less, and nothing smaller is as good', () => {
    const [small, smaller] = [option(['d', 'e'], 0.2), option(['f'], 0.4)];
    const useless = [
      option(['g', 'h'], 0.5),
      option(['i', 'j', 'k', 'l'], 0.05),
      option(['m'], 0.3, 'ineffective'),
    ];
    expect(namesOf(offered([small, ...useless, smaller]))).toEqual(['f', 'd,e']);
    expect(offered([small])[0]).toMatchObject({ loss: 0.2, healthy: true, effort: 'setting' });
    // What diverged on a seed of its proof is no alternative.
    expect(namesOf(offered([small, smaller], [small]))).toEqual(['f']);
  });

  it('are four at most, those that reach most', () => {
    const larger = option(
      Array.from({ length: 9 }, (_, i) => `${i}`),
      0.01,
    );
    const front = [1, 2, 3, 4, 5, 6].map((count) =>
      option(
        Array.from({ length: count }, (_, i) => `${count}${i}`),
        1 - count / 10,
      ),
    );
    const four = alternativesTo(larger, { options: front, failed: [] }, experiment);
    expect(four.map(({ loss }) => Number(loss).toFixed(1))).toEqual(['0.7', '0.6', '0.5', '0.4']);
  });
});
