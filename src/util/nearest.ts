/** @file Which known word was probably meant by an unknown one. */
import { closest, distance } from 'fastest-levenshtein';
import { shortName } from './json.ts';

/** The known word that was probably meant: at most a third of its letters differ. */
export function nearest(word: string, known: readonly string[]): string | null {
  // Comparing megabytes with every word takes seconds.
  if (known.length === 0 || word !== shortName(word)) return null;
  const candidate = closest(word, known);
  return distance(word, candidate) <= Math.max(2, candidate.length / 3) ? candidate : null;
}
