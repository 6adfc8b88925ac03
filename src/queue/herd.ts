/**
 * @file When a process asks for what was announced to all. If every one of many asked at once, one would get it and the others would
 * have cost the database, and themselves, a query each. So each waits a random moment, the longer the more they are, and asks once for
 * all that was announced in the meantime: up to 200 of them together ask at most `2000 / SPACING_MS` times a second.
 */

const SPACING_MS = 5;
/** The longest interval, reached with 200 processes: nobody waits longer for a free thread. */
const LONGEST_MS = 1000;

/**
 * @param processes that hear the announcement
 * @returns milliseconds; the first of those with a thread to spare asks after `SPACING_MS · processes / (those + 1)` in the mean
 */
export const herdDelay = (processes: number, random: () => number = Math.random): number =>
  processes <= 1 ? 0 : random() * Math.min(LONGEST_MS, SPACING_MS * processes);
