/**
 * @file Snapshots of a training between two steps: another thread, process or machine of the same kind goes on from there and
 * leaves the same Trace, bit for bit. Random numbers need no position: their streams are named by the step.
 */
import { deserialize, serialize } from 'node:v8';
import type {
  Evaluation,
  ModeComparison,
  RecordedRows,
  SavedTraining,
  Snapshot,
  TiedUnits,
  UnitPass,
} from '../statistics/index.ts';
import type { StoppingState } from './early_stopping.ts';
import type { PenaltyPull } from './inspections.ts';

/** Who keeps the snapshots of a training. */
export interface Snapshots {
  /** Of the same experiment and seed, from a machine of the same kind; null begins anew. */
  readonly saved: SavedTraining | null;
  /** Asked after every step. @param bytes about as many as it will have */
  isDue(bytes: number): boolean;
  keep(snapshot: Snapshot): void;
}

interface Records {
  readonly losses: Float64Array;
  readonly dataLosses: Float64Array;
  readonly norms: Float64Array;
  readonly rows: RecordedRows;
}

interface State {
  readonly weights: Float32Array;
  readonly running: ReadonlyMap<string, Float32Array>;
  readonly slots: readonly Float32Array[];
  readonly stopping: StoppingState | null;
  /** Probed steps, of which some are validated. */
  readonly probes: number;
  /** Measured before the first step. */
  readonly initial: Evaluation;
  readonly modes: readonly ModeComparison[];
  readonly pulls: readonly (readonly [step: number, pulls: readonly PenaltyPull[]])[];
  readonly unitPasses: readonly UnitPass[];
  readonly ranks: ReadonlyMap<string, readonly (readonly [step: number, rank: number])[]>;
  readonly tiedUnits: readonly TiedUnits[];
}

export const encodeSnapshot = (step: number, records: Records, state: State): Snapshot => ({
  step,
  records: serialize(records),
  state: serialize(state),
});

export const decodeSnapshots = ({
  records,
  state,
}: SavedTraining): { readonly records: readonly Records[]; readonly state: State } => ({
  records: records.map((part) => deserialize(part) as Records),
  state: deserialize(state) as State,
});
