/** @file Whether others were at work while we measured: such a run says little and is not published. */

/** Processes that ran or waited, of the minute before the start: our own do not count yet. */
const MAX_LOAD_BEFORE = 0.7;
/** A loop of plain arithmetic on two free cores gains a factor of 2. */
const MIN_ATTAINABLE = 1.7;
/** Of the loop's rounds on one thread, slowest over fastest. */
const MAX_SPREAD = 1.25;

export interface Signs {
  readonly loadBefore: number;
  /** What a second thread gained a loop that needs nothing but a core, measured at the end. */
  readonly attainable: number;
  readonly spread: number;
}

export type Disturbance = string;

export function disturbanceOf({ loadBefore, attainable, spread }: Signs): Disturbance[] {
  return [
    ...(loadBefore > MAX_LOAD_BEFORE
      ? [`the load average was ${loadBefore.toFixed(1)} before it (at most ${MAX_LOAD_BEFORE})`]
      : []),
    ...(attainable < MIN_ATTAINABLE
      ? [`a second thread gained a factor of ${attainable.toFixed(2)} (at least ${MIN_ATTAINABLE})`]
      : []),
    ...(spread > MAX_SPREAD
      ? [`rounds of the same arithmetic differed by a factor of ${spread.toFixed(2)} (at most ${MAX_SPREAD})`]
      : []),
  ];
}
