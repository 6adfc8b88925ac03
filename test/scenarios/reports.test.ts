/** @file What people report, as experiments (test/reports): each judged as the accepted answer judges it, its repaired twin healthy. */
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { diagnoseExperiment, inShort } from './outcome.ts';

interface Right {
  readonly report: string;
  /** The rule that comes first in the summary, or one of those; null where nothing is wrong. */
  readonly root: string | readonly string[] | null;
  /** Found too, as critical or warning. */
  readonly also?: readonly string[];
  /** Never as critical or warning. */
  readonly never?: readonly string[];
  /** What the explanation of the root says of this case. */
  readonly says?: RegExp;
}

const reports: readonly Right[] = [
  { report: 'exploded-under-l2', root: 'exploding_gradient', also: ['loss_not_decreasing'] },
  { report: 'soft-targets', root: 'loss_not_decreasing', never: ['loss_output_mismatch'] },
  { report: 'whole-number-inputs', root: 'unscaled_inputs', says: /of size 1130/ },
  {
    report: 'whole-number-targets',
    root: 'loss_output_mismatch',
    says: /between 1.00 and 10.0, but sigmoid/,
  },
  { report: 'target-scale', root: 'unscaled_targets', says: /of size 1980/ },
  { report: 'large-targets', root: 'unscaled_targets' },
  { report: 'cubic-raw', root: 'unscaled_inputs', also: ['unscaled_targets'] },
  { report: 'one-unit-softmax', root: 'loss_output_mismatch', says: /it gives 1/ },
  { report: 'relu-on-a-line', root: 'loss_output_mismatch', says: /between -3.00 and 9.00, but relu/ },
  { report: 'dead-relu-output', root: 'dead_units', says: /dense_2/ },
  { report: 'running-averages-lag', root: 'inference_mismatch', never: ['slow_convergence'] },
  { report: 'frozen-running-averages', root: 'inference_mismatch', never: ['slow_convergence'] },
  { report: 'dropout-of-099', root: 'excessive_dropout', says: /dropout_1, dropout_2, 1 % is kept/ },
  { report: 'too-much-l2', root: 'excessive_regularization', says: /l2 1/ },
  { report: 'labels-in-order', root: 'unshuffled_data', says: /chance would give 5/ },
  { report: 'inputs-not-standardized', root: 'unscaled_inputs', also: ['non_finite_values'] },
  { report: 'noisy-targets-fitted', root: null },
  {
    report: 'plateau-at-087',
    root: ['underfitting', 'slow_convergence'],
    says: /8\d(\.\d)? % of a constant/,
  },
  { report: 'not-proven', root: 'update_ratio', says: /learning rate is too high/ },
  { report: 'cut-short', root: 'slow_convergence', never: ['loss_not_decreasing', 'underfitting'] },
  { report: 'flatten-after-sigmoid', root: null },
  { report: 'large-offset-inputs', root: null },
];

const read = (name: string) =>
  JSON.parse(readFileSync(new URL(`../reports/${name}.json`, import.meta.url), 'utf8'));

describe('public reports', () => {
  it.each(reports)('$report: $root', async ({ report, root, also = [], never = [], says }) => {
    const { experiment, healthy_twin: twin } = read(report);
    const { checks, found } = await diagnoseExperiment(inShort(experiment));
    expect(checks.filter(({ status }) => status === 'error')).toEqual([]);
    const [first = null] = found;
    expect([root].flat()).toContain(first);
    expect(found).toEqual(expect.arrayContaining([...also]));
    for (const rule of never) expect(found).not.toContain(rule);
    if (says !== undefined) expect(checks.find(({ rule }) => rule === first)?.explanation).toMatch(says);
    if (twin !== undefined) expect((await diagnoseExperiment(inShort(twin))).found).toEqual([]);
  });
});
