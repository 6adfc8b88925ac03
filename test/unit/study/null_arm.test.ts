/** @file Controls that can have no effect: what changes nothing but a name is never verified, whatever it is said to treat. */
import { describe, expect, it } from 'vitest';
import { rules, seriousFindings } from '../../../src/diagnosis/index.ts';
import { type Experiment, parseExperiment } from '../../../src/experiment/index.ts';
import { type Arm, createArm, verify } from '../../../src/remedies/index.ts';
import { train } from '../../../src/training/index.ts';
import { adam, type Config, classifier, dense, he, sgd, tasks } from '../../scenarios/scenario.ts';

const { moons, friedman, sine } = tasks;
const relu = dense(16, 'relu', he);

/** Sick in ways that differ from seed to seed as well: what is lost on one seed may be found on another. */
const sick: readonly (readonly [string, Config])[] = [
  ['steps far too long', classifier(sine, [relu], sgd(3), { steps: 40 })],
  ['a loss that jumps', classifier(moons, [relu, relu], adam(0.8), { steps: 60 })],
  ['not learned', classifier(friedman, [dense(16, 'sigmoid')], sgd(1e-5), { steps: 40 })],
];

async function armOf(config: Config, seeds: readonly number[]): Promise<Arm> {
  const parsed = parseExperiment(JSON.parse(JSON.stringify(config)));
  if (!parsed.ok) throw new Error(JSON.stringify(parsed.error));
  const { experiment }: { experiment: Experiment } = parsed.value;
  const traces = [];
  for (const seed of seeds) {
    const result = await train(experiment, seed);
    if (!result.ok) throw new Error(result.error.code);
    traces.push(result.value);
  }
  return createArm(experiment, traces);
}

const everyRule = rules.map(({ rule }) => rule);

describe('a null arm', () => {
  it.each(sick)('of %s is not verified by another name', async (_, config) => {
    const seeds = [0, 1, 2];
    const baseline = await armOf(config, seeds);
    expect(seriousFindings(baseline.checks).length).toBeGreaterThan(0);
    const renamed = await armOf({ ...config, name: 'the same' }, seeds);
    // Without any control, and with one as good as any: nothing differs, so that nothing can be better.
    for (const controls of [[], [baseline]]) {
      const verification = verify(baseline, renamed, everyRule, controls);
      expect(verification).toMatchObject({ status: 'ineffective', cleared: [], introduced: [] });
      for (const { mean_difference } of verification.effects) expect(mean_difference).toBe(0);
    }
  });

  it.each(sick)('of %s is not verified by other seeds against the controls of a study', async (_, config) => {
    const [baseline, others, ...controls] = await Promise.all(
      [0, 10, 20, 30].map((seed) => armOf(config, [seed, seed + 1, seed + 2])),
    );
    if (baseline === undefined || others === undefined) throw new Error('no arms');
    expect(verify(baseline, others, everyRule, controls).status).not.toBe('verified');
  });
});
