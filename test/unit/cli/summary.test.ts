/** @file The summary on the terminal, of the parts of a report that it reads. */
import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { createStyle } from '../../../cli/format.ts';
import { renderSummary } from '../../../cli/summary.ts';
import type { Report } from '../../../client/index.ts';

const answer = readFileSync(new URL('../../../examples/answers/readResult.json', import.meta.url), 'utf8');
const report = JSON.parse(answer) as Report;
const recommendation = report.recommendation as NonNullable<Report['recommendation']>;
const lines = (changed: Partial<Report>) =>
  renderSummary({ ...report, ...changed }, [], createStyle(false)).split('\n');

it('names the root cause of the report, whatever else is as serious', () => {
  const finding = report.checks.find(({ status }) => status === 'found');
  const other = { ...finding, rule: 'sharpness', caused_by: [] } as Report['checks'][number];
  const checks = [other, ...report.checks];
  expect(lines({ checks }).join('\n')).toContain(`Cause:    ${report.root_cause}.`);
  expect(lines({ checks, root_cause: 'sharpness' }).join('\n')).toContain('Cause:    sharpness.');
});

it('names every other finding that nothing explains, and none that something does', () => {
  const finding = report.checks.find(({ status }) => status === 'found');
  const beside = (rule: string, severity: string, caused_by: string[]) =>
    ({ ...finding, rule, severity, caused_by, explanation: `Of ${rule}.` }) as Report['checks'][number];
  const checks = [
    ...report.checks.filter(({ status }) => status !== 'found'),
    beside('unscaled_inputs', 'critical', []),
    beside('unscaled_targets', 'warning', []),
    beside('update_ratio', 'critical', ['unscaled_inputs']),
    beside('overfitting', 'info', []),
  ];
  const besides = lines({ checks, root_cause: 'unscaled_inputs' }).filter((line) => /^Besides:/.test(line));
  expect(besides).toEqual(['Besides:  unscaled_targets. Of unscaled_targets.']);
});

it('says what the change sets', () => {
  const patch = [
    { op: 'replace' as const, path: '/training/optimizer/learning_rate', value: 0.001 },
    { op: 'add' as const, path: '/name', value: 'x'.repeat(200) },
  ];
  const shown = lines({
    experiment: {
      ...report.experiment,
      training: { ...report.experiment.training, optimizer: { learning_rate: 0.3 } },
    } as never,
    recommendation: { ...recommendation, patch },
  });
  expect(shown).toContain('          /training/optimizer/learning_rate: 0.3 → 0.001');
  const name = shown.find((line) => line.includes('/name: nothing → "xxx'));
  expect(name?.length).toBeLessThan(100);
  const many = { ...recommendation, patch: Array.from({ length: 9 }, () => patch[0] as (typeof patch)[0]) };
  expect(lines({ recommendation: many })).toContain('          and 3 more: see --details');
});

it('says the loss where the change puts the targets on another scale', () => {
  const [first] = recommendation.effects;
  const effects = ['final_loss_ratio', 'final_loss_original_scale'].map((metric, i) => ({
    ...(first as NonNullable<typeof first>),
    metric,
    baseline: [
      [0.9, 0.9],
      [31, 33],
    ][i] as number[],
    treated: [
      [0.1, 0.1],
      [1, 2],
    ][i] as number[],
  }));
  const loss = (given: typeof effects) =>
    lines({ recommendation: { ...recommendation, effects: given } }).find((line) => line.startsWith('Loss'));
  expect(loss(effects)).toContain('Loss:     32 → 1.5, then');
  expect(loss(effects.slice(0, 1))).toContain('Loss over that of a constant: 0.9 → 0.1, then');
});

it.each([
  ['validation_loss_ratio', 'validation_loss', 'Validation loss: 0.8 → 0.2, then'],
  ['missed_rare_class', null, 'Missed of the class that is found least: 80 % → 20 %, then'],
  ['training_error', null, 'Wrong of the training samples: 80 % → 20 %, then'],
])('says what the change was chosen by: %s', (goal, metric, wanted) => {
  const [first] = recommendation.effects;
  const effect = (name: string, before: number, after: number) => ({
    ...(first as NonNullable<typeof first>),
    ...{ metric: name, baseline: [before, before], treated: [after, after] },
  });
  // The training loss rises: by heart it was low.
  const effects = [
    effect(goal, 0.8, 0.2),
    effect('final_loss', 0.001, 0.4),
    ...(metric === null ? [] : [effect(metric, 0.8, 0.2)]),
  ];
  const text = lines({ recommendation: { ...recommendation, effects } }).join('\n');
  expect(text).toContain(wanted);
  expect(text).not.toContain('0.001');
});
