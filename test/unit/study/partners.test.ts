/** @file The remedies by which an option can be grown: how often they are applied, which is most of what planning a study costs. */
import { expect, it, vi } from 'vitest';
import { parseExperiment } from '../../../src/experiment/index.ts';
import { applyRemedy, type Candidate, remedies } from '../../../src/remedies/index.ts';
import { partnersOf } from '../../../src/study/partners.ts';
import { experiment as sick } from '../../faults/workload.ts';

const parsed = parseExperiment(sick(1));
if (!parsed.ok) throw new Error(JSON.stringify(parsed.error));
const { experiment } = parsed.value;
const RULES = ['vanishing_gradient', 'loss_not_decreasing'];

function applied(name: string): Candidate {
  const remedy = remedies.find((one) => one.remedy === name);
  const result = remedy === undefined ? null : applyRemedy(remedy, experiment);
  if (result === null || 'reason' in result) throw new Error(`${name} does not apply`);
  return result;
}

const names = (candidates: readonly Candidate[]) => candidates.map(({ remedy }) => remedy.remedy);

it('to the experiment of the study each is applied once; what the option has, or excludes, not at all', () => {
  const [adam, relu] = [applied('use_adam'), applied('use_relu')];
  const spies = new Map(remedies.map((remedy) => [remedy.remedy as string, vi.spyOn(remedy, 'change')]));
  const count = () => [...spies.values()].reduce((sum, { mock }) => sum + mock.calls.length, 0);
  const grow = ({ experiment: changed, remedy }: Candidate) =>
    partnersOf({ experiment: changed, remedies: [remedy.remedy] }, RULES, experiment, []);
  const first = grow(adam);
  const once = count();
  expect(names(first)).toEqual(expect.arrayContaining(['use_relu', 'add_batch_norm']));
  expect(names(first)).not.toContain('use_adam');
  expect(spies.get('use_adam')?.mock.calls).toEqual([]);
  expect(spies.get('use_rmsprop')?.mock.calls).toEqual([]);
  // The same again: to the option alone. Each that applies was applied to both before.
  expect(names(grow(adam))).toEqual(names(first));
  expect(count() - once).toBeLessThanOrEqual(once - first.length);
  expect(names(grow(relu))).not.toContain('use_gelu');
});
