/** @file What a training leaves between two steps, so that it can go on elsewhere: bytes, of which whoever keeps them need know nothing. */

export interface Snapshot {
  /** Updates that were made. */
  readonly step: number;
  /** What was recorded since the snapshot before: the trace grows by it, and nobody writes the whole of it twice. */
  readonly records: Uint8Array;
  /** What takes the place of the snapshot before: weights, averages, the optimizer's state. */
  readonly state: Uint8Array;
}

/** The last snapshot of a training, with the records of all. */
export interface SavedTraining {
  readonly step: number;
  readonly records: readonly Uint8Array[];
  readonly state: Uint8Array;
}
