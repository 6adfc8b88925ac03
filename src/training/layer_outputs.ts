/** @file What is read of a layer's outputs over many samples: dead and saturated units, effective rank; masked steps left out. */
import { sizeOf } from '../graph/index.ts';
import { activationShape, type BuiltLayer } from '../network/index.ts';
import { effectiveRank, unitLayout } from '../statistics/index.ts';

/** How the outputs of a layer lie in those of a pass. */
export interface Rows {
  readonly name: string;
  /** Rows for each sample. */
  readonly rows: number;
  readonly masked: boolean;
}

export const rowsOf = ({ name, rows, mask }: BuiltLayer): Rows => ({ name, rows, masked: mask !== null });

/** A layer whose units can die or saturate. */
export interface WatchedLayer extends Rows {
  readonly units: number;
  readonly shape: readonly number[];
  readonly deadZone: boolean;
  readonly saturation: { readonly low: number; readonly high: number } | null;
}

export function watched(layers: readonly BuiltLayer[]): WatchedLayer[] {
  return layers.flatMap((layer) => {
    const { activation, output_shape: shape } = layer;
    if (activation === null) return [];
    const { saturation, dead_zone: deadZone } = activationShape(activation);
    if (saturation === null && !deadZone) return [];
    return [{ ...rowsOf(layer), shape, units: unitLayout(shape).units, deadZone, saturation }];
  });
}

/** Sequences whose time steps are looked at. */
const RANKED_SEQUENCES = 8;

/** The rows of x [rows, size] that the mask leaves. */
export function keptRows(x: Float32Array, size: number, mask: Float32Array | null): Float32Array {
  if (mask === null || mask.every((kept) => kept > 0)) return x;
  const rows: number[] = [];
  mask.forEach((kept, row) => {
    if (kept > 0) rows.push(row);
  });
  const left = new Float32Array(rows.length * size);
  rows.forEach((row, i) => {
    left.set(x.subarray(row * size, (row + 1) * size), i * size);
  });
  return left;
}

/** Over samples; of sequences over the time steps of each, in the mean: attention collapses within a sequence. */
export function rankOf(values: Float32Array, shape: readonly number[], mask: Float32Array | null): number {
  const size = sizeOf(shape);
  const [time = 1, features] = shape;
  if (shape.length !== 2 || features === undefined || time === 1) return effectiveRank(values, size);
  const count = Math.min(RANKED_SEQUENCES, values.length / size);
  let [sum, sequences] = [0, 0];
  for (let i = 0; i < count; i++) {
    const own = mask?.subarray(i * time, (i + 1) * time) ?? null;
    const rows = keptRows(values.subarray(i * size, (i + 1) * size), features, own);
    if (rows.length === 0) continue;
    sum += effectiveRank(rows, features);
    sequences++;
  }
  return sum / sequences;
}
