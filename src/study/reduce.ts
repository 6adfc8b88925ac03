/** @file From above: leaves out of a combination whatever its goal does not need, one part after another. */
import type { Experiment } from '../experiment/index.ts';
import { applyParts, type Part } from '../remedies/index.ts';
import type { ArmRunner } from './arms.ts';
import { isWithin } from './goal.ts';
import { begin, type Change, type Comparison, combined, isHealthy, keyOf, type Option } from './option.ts';

export interface ReduceInput extends Pick<Comparison, 'seeds' | 'goal'> {
  readonly experiment: Experiment;
  readonly rules: readonly string[];
  readonly runner: ArmRunner;
  /** What was trained before, by `keyOf`. */
  readonly known: (change: Change) => Option | undefined;
}

/** These parts alone, trained on the first seed unless that was done before; null where they change nothing or cost too much. */
async function tryParts(parts: readonly Part[], input: ReduceInput): Promise<Option | null> {
  const { experiment, rules, seeds, runner } = input;
  const applied = applyParts(experiment, parts);
  if (applied === null) return null;
  const change = combined(applied, rules);
  const known = input.known(change);
  if (known !== undefined) return known;
  return runner.affords(change.experiment, 1 + seeds.length) ? begin(change, input, runner) : null;
}

/**
 * @param base healthy on the first seed
 * @returns everything that was trained on the way, the smallest sufficient one last
 */
export async function reduce(base: Option, input: ReduceInput): Promise<Option[]> {
  const trained: Option[] = [];
  const isEnough = (option: Option | null): option is Option =>
    option !== null && isHealthy(option) && isWithin(option.value, base.value);
  let current = base;
  while (current.parts.length > 1) {
    const { parts } = current;
    const without = await Promise.all(
      parts.map((_, i) =>
        tryParts(
          parts.filter((_part, j) => j !== i),
          input,
        ),
      ),
    );
    trained.push(...without.filter((option) => option !== null));
    const spare = parts.filter((_, i) => isEnough(without[i] ?? null));
    if (spare.length === 0) break;
    // All at once, as long as they do not stand in for each other; else the one whose loss is best without.
    const rest = parts.filter((part) => !spare.includes(part));
    const together = spare.length > 1 && rest.length > 0 ? await tryParts(rest, input) : null;
    if (together !== null) trained.push(together);
    const best = without.filter(isEnough).toSorted((a, b) => a.value - b.value)[0];
    const next = isEnough(together) ? together : best;
    if (next === undefined || keyOf(next) === keyOf(current)) break;
    current = next;
  }
  return trained;
}
