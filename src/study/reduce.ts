/** @file From above: leaves out of a combination whatever its goal does not need, one part after another. */
import { seriousFindings } from '../diagnosis/index.ts';
import type { Experiment } from '../experiment/index.ts';
import { applyParts, type Part, remedies } from '../remedies/index.ts';
import type { ArmRunner } from './arms.ts';
import { isWithin, scaleOf } from './goal.ts';
import { begin, type Change, type Comparison, combined, isHealthy, keyOf, type Option } from './option.ts';
import { seedsToProve } from './proof.ts';

export interface ReduceInput extends Pick<Comparison, 'baseline' | 'seeds' | 'goal'> {
  readonly experiment: Experiment;
  readonly rules: readonly string[];
  readonly runner: ArmRunner;
  /** What was trained before, by `keyOf`. */
  readonly known: (change: Change) => Option | undefined;
}

/** Whether it is made, above all, for a finding of the baseline that nothing else explains. */
function isForCause({ remedy: name }: Part, { baseline }: ReduceInput): boolean {
  const causes = seriousFindings(baseline.checks).filter(({ caused_by }) => caused_by.length === 0);
  const first = remedies.find(({ remedy }) => remedy === name)?.treats[0];
  return causes.some(({ rule }) => rule === first);
}

/** These parts alone, trained on the first seed unless that was done before; null where they change nothing or cost too much. */
async function tryParts(parts: readonly Part[], input: ReduceInput): Promise<Option | null> {
  const { experiment, rules, seeds, runner } = input;
  const applied = applyParts(experiment, parts);
  if (applied === null) return null;
  const change = combined(applied, rules);
  const known = input.known(change);
  if (known !== undefined) return known;
  return runner.affords(change.experiment, 1 + seedsToProve(seeds.length))
    ? begin(change, input, runner)
    : null;
}

/**
 * All spare parts at once, as long as they do not stand in for each other: first those that are made for no cause, so that a cause
 * is not left as it is while its symptoms are treated.
 */
async function leaveAllOut(
  { parts }: Option,
  spare: readonly Part[],
  isGood: (option: Option | null) => boolean,
  input: ReduceInput,
): Promise<Option[]> {
  const trained: Option[] = [];
  const symptomatic = spare.filter((part) => !isForCause(part, input));
  const causal = symptomatic.length < spare.length;
  const groups = [
    ...(causal && symptomatic.length > 0 ? [symptomatic] : []),
    ...(spare.length > 1 ? [spare] : []),
  ];
  for (const left of groups) {
    const rest = parts.filter((part) => !left.includes(part));
    const together = rest.length === 0 ? null : await tryParts(rest, input);
    if (together !== null) trained.push(together);
    if (isGood(together)) break;
  }
  return trained;
}

/**
 * @param base healthy on the first seed
 * @returns everything that was trained on the way, the smallest sufficient one last
 */
export async function reduce(base: Option, input: ReduceInput): Promise<Option[]> {
  const trained: Option[] = [];
  const scale = scaleOf(input.goal, input.baseline.experiment);
  const isGood = (option: Option | null): option is Option =>
    option !== null && isHealthy(option) && isWithin(option.value, base.value, scale);
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
    const spare = parts.filter((_, i) => isGood(without[i] ?? null));
    if (spare.length === 0) break;
    const together = await leaveAllOut(current, spare, isGood, input);
    trained.push(...together);
    // Else the one whose loss is best without, as long as it leaves no cause.
    const keepsCauses = ({ parts: kept }: Option) =>
      parts.every((part) => !isForCause(part, input) || kept.includes(part));
    const best = without
      .filter(isGood)
      .toSorted((a, b) => Number(keepsCauses(b)) - Number(keepsCauses(a)) || a.value - b.value)[0];
    const next = together.findLast(isGood) ?? best;
    if (next === undefined || keyOf(next) === keyOf(current)) break;
    current = next;
  }
  return trained;
}
