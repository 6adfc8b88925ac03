/** @file A fixed sample of the scenarios, against the bar that `npm run evaluate` holds all of them to. */
import { expect, test } from 'vitest';
import { isLong } from '../long.ts';
import { healthyScenarios } from './healthy.ts';
import { fraction, invalidity, judge } from './judgement.ts';
import { inShort, type Outcome, runScenario } from './outcome.ts';
import type { Scenario } from './scenario.ts';
import { sickScenarios } from './sick.ts';

/** Every eleventh, in short every 22nd: of every kind, from both halves. */
const STRIDE = isLong ? 11 : 22;
const sample = [...healthyScenarios, ...sickScenarios].filter((_, index) => index % STRIDE === 3);

test('there are 130 healthy and 200 sick scenarios, half of them held back, with names of their own', () => {
  expect(healthyScenarios.length).toBeGreaterThanOrEqual(130);
  expect(sickScenarios.length).toBeGreaterThanOrEqual(200);
  for (const scenarios of [healthyScenarios, sickScenarios]) {
    const held = scenarios.filter(({ half }) => half === 'judge').length;
    expect(held / scenarios.length).toBeGreaterThan(0.45);
    expect(new Set(scenarios.map(({ network }) => network)).size).toBe(4);
  }
  const names = [...healthyScenarios, ...sickScenarios].map(({ name }) => name);
  expect(new Set(names).size).toBe(names.length);
});

/** What is well needs one training to be seen so. Of what is sick a single seed may hide it: all are trained, as in a study. */
function shortened(scenario: Scenario): Scenario {
  const { experiment, sickness } = scenario;
  return sickness === null
    ? { ...scenario, experiment: inShort(experiment) }
    : { ...scenario, sickness: { ...sickness, twin: inShort(sickness.twin) } };
}

test('no false alarm, every sickness found', async () => {
  const outcomes: Outcome[] = [];
  for (const scenario of sample) outcomes.push(await runScenario(shortened(scenario)));
  const wrong = outcomes.flatMap((outcome) => invalidity(outcome) ?? []);
  expect(wrong).toEqual([]);
  const { false_alarms, recall, located } = judge(outcomes);
  expect(false_alarms.total).toBeGreaterThan(isLong ? 15 : 7);
  expect(recall.total).toBeGreaterThan(isLong ? 8 : 4);
  // Of so few, one is beyond the bar.
  expect(false_alarms.hits, outcomes.flatMap(({ name, found }) => `${name}: ${found}`).join('\n')).toBe(0);
  expect(fraction(recall)).toBe(1);
  expect(fraction(located)).toBeGreaterThanOrEqual(0.85);
});
