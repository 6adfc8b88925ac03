/** @file The remedies by which an option can be grown. */
import type { Experiment } from '../experiment/index.ts';
import { applyRemedy, type Candidate, propose } from '../remedies/index.ts';
import { keyOf, type Option } from './option.ts';

/** Remedies that set the same thing: of each group one at most, since the second would only undo or replace the first. */
const exclusive: readonly (readonly string[])[] = [
  ['raise_learning_rate', 'lower_learning_rate', 'set_learning_rate'],
  ['use_adam', 'use_rmsprop', 'set_learning_rate'],
  ['use_adam', 'use_rmsprop', 'reset_averages'],
  ['add_batch_norm', 'add_layer_norm'],
  ['use_lstm', 'use_gru'],
  [
    'use_relu',
    'use_leaky_relu',
    'use_prelu',
    'use_elu',
    'use_selu',
    'use_gelu',
    'use_silu',
    'tailor_activation',
  ],
];

const isTaken = (remedy: string, by: readonly string[]): boolean =>
  exclusive.some((group) => group.includes(remedy) && group.some((other) => by.includes(other)));

/** What each remedy alone makes of an experiment: its key, null where it does not apply. */
const alone = new WeakMap<Experiment, Map<string, string | null>>();

/** Made once: every option that is grown asks for the same ones, and to apply a remedy takes milliseconds while the threads wait. */
function keyAlone({ remedy, dose }: Candidate, experiment: Experiment): string | null {
  const keys = alone.get(experiment) ?? new Map<string, string | null>();
  alone.set(experiment, keys);
  const name = `${remedy.remedy}/${dose}`;
  const known = keys.get(name);
  if (known !== undefined) return known;
  const applied = applyRemedy(remedy, experiment, dose);
  const key = 'reason' in applied ? null : keyOf(applied);
  keys.set(name, key);
  return key;
}

/**
 * @param experiment the study's
 * @param singles the remedies that helped alone, best first
 */
export function partnersOf(
  base: Pick<Option, 'experiment' | 'remedies'>,
  rules: readonly string[],
  experiment: Experiment,
  singles: readonly Candidate[],
): Candidate[] {
  const rankOf = ({ remedy: { remedy } }: Candidate): number => {
    const at = singles.findIndex((single) => single.remedy.remedy === remedy);
    return at === -1 ? singles.length : at;
  };
  /** With the dose that did best alone, and the usual one: what a network needs alone is often too much for one that was mended. */
  const dosed = (candidate: Candidate): Candidate[] => {
    const dose = singles[rankOf(candidate)]?.dose ?? candidate.dose;
    if (dose === candidate.dose) return [candidate];
    const applied = applyRemedy(candidate.remedy, base.experiment, dose);
    return 'reason' in applied ? [candidate] : [applied, candidate];
  };
  /** What comes out is the partner alone: it takes the place of the base's change. */
  const replaces = (candidate: Candidate): boolean => keyAlone(candidate, experiment) === keyOf(candidate);
  const isFree = (remedy: string) => !base.remedies.includes(remedy) && !isTaken(remedy, base.remedies);
  return propose(base.experiment, rules, isFree)
    .candidates.flatMap(dosed)
    .filter((candidate) => !replaces(candidate))
    .toSorted((a, b) => rankOf(a) - rankOf(b));
}
