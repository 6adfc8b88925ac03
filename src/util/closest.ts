/** @file The name that was most likely meant. */
import { distance, closest as nearest } from 'fastest-levenshtein';

/** A third of the letters may differ. */
const MAX_DIFFERENCE = 3;

/** The known name nearest to what was given, or null where none is near. */
export function closest(given: string, known: readonly string[]): string | null {
  if (known.length === 0) return null;
  const near = nearest(given.slice(0, 200), known);
  return distance(given.slice(0, 200), near) <= Math.max(2, given.length / MAX_DIFFERENCE) ? near : null;
}
