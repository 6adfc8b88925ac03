/**
 * @file Whose turn it is. A turn is a time by the clock of an owner: it advances by the seconds of its own work. Who comes anew
 * starts at the least turn that waits, so that nobody saves up turns, and a thousand messages of one do not hold up
 * another's first (start-time fair queuing: Goyal, Vin, Chen 1996, doi:10.1145/248157.248171).
 */

/** So much earlier than what waits is who has nothing there: before equals, which are older. */
const NEWCOMER_S = 0.1;

/**
 * @param least of all turns that wait; null where none does
 * @param own where the owner's clock stands: the latest of its turns that is not done, and the seconds of that; null without one
 */
export function nextTurn(least: number | null, own: number | null): number {
  if (own === null) return (least ?? 0) - NEWCOMER_S;
  return Math.max(own, least ?? 0);
}
