/** @file Fifty plain layers that no activation of the catalogue trains at the posted settings: theory's own does. */
import { describe, expect, it } from 'vitest';
import { diagnose, seriousFindings } from '../../src/diagnosis/index.ts';
import { type Experiment, parseExperiment } from '../../src/experiment/index.ts';
import { activationKind } from '../../src/network/index.ts';
import { applyRemedy, changeActivation, remedies } from '../../src/remedies/index.ts';
import { lossRatio, type Trace } from '../../src/statistics/index.ts';
import { train } from '../../src/training/index.ts';
import { isLong } from '../long.ts';
import { type Config, dense, experiment, repeat, tasks } from '../scenarios/scenario.ts';

const parse = (config: unknown): Experiment => {
  const parsed = parseExperiment(JSON.parse(JSON.stringify(config)));
  if (!parsed.ok) throw new Error(JSON.stringify(parsed.error));
  return parsed.value.experiment;
};

/** No straight line tells the circles apart: a network that has become linear learns nothing. */
const circles = { ...tasks.circles, data: { type: 'circles', samples: 300, noise: 0.03, factor: 0.3 } };
const posted = (layer: Config): Experiment =>
  parse({
    ...experiment(
      circles,
      [repeat(49, layer), dense(2)],
      { type: 'adam', learning_rate: 1e-3 },
      { steps: 150 },
    ),
    diagnostics: { probe_every: 50 },
  });
const deep = posted(dense(16, 'sigmoid', { kernel_initializer: 'torch_default' }));

const tailorActivation = remedies.find(({ remedy }) => remedy === 'tailor_activation');
function tailored(from: Experiment): Experiment | string {
  if (tailorActivation === undefined) throw new Error('there is no tailor_activation');
  const applied = applyRemedy(tailorActivation, from);
  return 'reason' in applied ? applied.reason : applied.experiment;
}

async function run(one: Experiment, seed: number): Promise<Trace> {
  const result = await train(one, seed);
  if (!result.ok) throw new Error(result.error.code);
  return result.value;
}
const ratioOf = (trace: Trace): number =>
  trace.divergence === null ? lossRatio(trace) : Number.POSITIVE_INFINITY;

/** Of a constant’s loss: as the rules have it. */
const LEARNED = 0.5;

const SEEDS = isLong ? 5 : 2;
/** In short those that people would try first. */
const WELL_KNOWN = ['relu', 'tanh', 'selu', 'gelu', 'softsign'] as const;

describe('fifty plain layers', () => {
  it('learn with a tailored activation, healthy on fresh seeds', async () => {
    const changed = tailored(deep);
    if (typeof changed === 'string') throw new Error(changed);
    const traces: Trace[] = [];
    for (let seed = 1000; seed < 1000 + SEEDS; seed++) traces.push(await run(changed, seed));
    for (const trace of traces) {
      expect(ratioOf(trace)).toBeLessThan(0.1);
      expect(seriousFindings(diagnose(changed, [trace]))).toEqual([]);
    }
  });

  it('learn with no activation of the catalogue in its place', async () => {
    const learned: string[] = [];
    for (const type of isLong ? activationKind.types : WELL_KNOWN) {
      const change = changeActivation(deep, type);
      const changed = 'reason' in change ? deep : parse(change.experiment);
      if (ratioOf(await run(changed, 1000)) < LEARNED) learned.push(type);
    }
    expect(learned).toEqual([]);
  });

  // Of sigmoid above as well.
  it.each(['relu', ...(isLong ? ['sigmoid'] : [])])(
    'of %s learn with it at a low rate of plain gradient descent, and not without',
    async (activation) => {
      const moons = { ...tasks.moons, data: { type: 'moons', samples: 500, standardize: true } };
      const sgd = { type: 'sgd', learning_rate: 0.01 };
      const plain = parse(
        experiment(moons, [repeat(50, dense(32, activation)), dense(2)], sgd, { batch_size: 64, steps: 300 }),
      );
      const changed = tailored(plain);
      if (typeof changed === 'string') throw new Error(changed);
      expect(ratioOf(await run(plain, 11))).toBeGreaterThan(0.95);
      for (const seed of [11, 12, 13]) expect(ratioOf(await run(changed, seed))).toBeLessThan(0.7);
    },
  );

  it.each([
    ['a straight line', dense(16, { expression: '3 * x' }), /no solution/],
    ['normalized layers', { type: 'batch_norm' }, /plain networks/],
  ])('of %s have no solution, which is said', (_, layer, reason) => {
    expect(tailored(posted(layer))).toMatch(reason);
  });
});
