/**
 * @file Names of rules and remedies: a table does not compile with one that is misspelt, or a rule without what the tables need.
 * `npm run types` checks the lines that expect an error: one that compiles fails there.
 */
import { readdirSync } from 'node:fs';
import { basename } from 'node:path';
import { expect, it } from 'vitest';
import { type RuleName, rules } from '../../src/diagnosis/index.ts';
import { defineRule, notEvaluable, type Rule } from '../../src/diagnosis/rule.ts';
import { remedies } from '../../src/remedies/catalogue/index.ts';
import { cureCounts } from '../../src/remedies/cure_counts.ts';
import { defineRemedy } from '../../src/remedies/remedy.ts';

type Listed = Rule<RuleName, RuleName>;

const description = {
  rule: 'dead_units',
  title: 'A rule',
  description: 'Of this test.',
  needs: [],
  thresholds: {},
  sources: [],
  recorded_as: null,
  quorum: 'any',
  examine: () => notEvaluable('it is a test'),
  explain: () => '',
} as const;

it('refuses a rule that brings about what is no rule', () => {
  const misspelt = defineRule({ ...description, brings_about: ['overfiting'], is_consequence: false });
  // @ts-expect-error: there is no rule "overfiting"
  const listed: readonly Listed[] = [misspelt];
  const names: readonly string[] = rules.map(({ rule }) => rule);
  expect(listed.flatMap(({ brings_about }) => brings_about).filter((name) => names.includes(name))).toEqual(
    [],
  );
});

it('refuses a rule that does not say what it brings about, or whether it is a consequence', () => {
  // @ts-expect-error: `brings_about` is missing
  const silent = defineRule({ ...description, is_consequence: false });
  // @ts-expect-error: `is_consequence` is missing
  const undecided = defineRule({ ...description, brings_about: [] });
  expect([silent.brings_about, undecided.is_consequence]).toEqual([undefined, undefined]);
});

it('refuses a remedy that treats what is no rule', () => {
  const { remedy, ...others } = remedies[0] as (typeof remedies)[number];
  // @ts-expect-error: there is no rule "dead_unit"
  const misspelt = defineRemedy({ ...others, remedy, treats: ['dead_unit'] });
  const names: readonly string[] = rules.map(({ rule }) => rule);
  expect(misspelt.treats.filter((name) => names.includes(name))).toEqual([]);
});

it('refuses counts of what is no rule, or no remedy', () => {
  // @ts-expect-error: there is no rule "dead_unit"
  const ofNoRule: typeof cureCounts = { ...cureCounts, dead_unit: {} };
  // @ts-expect-error: there is no remedy "use_reluu"
  const ofNoRemedy: typeof cureCounts = { ...cureCounts, dead_units: { use_reluu: [1, 1] } };
  expect([ofNoRule, ofNoRemedy]).not.toContainEqual(cureCounts);
});

const filesOf = (folder: string): string[] =>
  readdirSync(new URL(`../../src/${folder}/`, import.meta.url))
    .filter((name) => name !== 'index.ts')
    .map((name) => basename(name, '.ts'));

it('has a line in the index for every file, under its name', () => {
  expect(filesOf('diagnosis/rules')).toEqual(rules.map(({ rule }) => rule).toSorted());
  expect(filesOf('remedies/catalogue')).toEqual(remedies.map(({ remedy }) => remedy).toSorted());
});
