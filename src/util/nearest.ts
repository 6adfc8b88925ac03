/** @file Which known word was probably meant by an unknown one, and what to say of it. */
import { distance } from 'fastest-levenshtein';
import { shortName } from './json.ts';

const sorted = (word: string): string => [...word].sort().join('');

/**
 * The known word that was probably meant: whatever the case, at most a third of its letters differ, or two, and fewer than
 * half of the shorter word's, unless it has the same letters in another order. Among equals the one whose case is nearer.
 */
export function nearest(word: string, known: readonly string[]): string | null {
  // Comparing megabytes with every word takes seconds.
  if (word !== shortName(word)) return null;
  const folded = word.toLowerCase();
  let best: { readonly candidate: string; readonly letters: number } | null = null;
  for (const candidate of known) {
    const letters = distance(folded, candidate.toLowerCase());
    const shorter = Math.min(word.length, candidate.length);
    if (letters > Math.max(2, candidate.length / 3)) continue;
    if (letters * 2 >= shorter && sorted(folded) !== sorted(candidate.toLowerCase())) continue;
    const isNearer =
      best === null ||
      letters < best.letters ||
      (letters === best.letters && distance(word, candidate) < distance(word, best.candidate));
    if (isNearer) best = { candidate, letters };
  }
  return best?.candidate ?? null;
}

/** What to do about a word that is not known, in a sentence. */
export function knownInstead(word: string, known: readonly string[]): string {
  const guess = nearest(word, known);
  return guess === null ? `use one of: ${known.join(', ')}` : `did you mean "${guess}"?`;
}
