/** @file Fractions of stuck units and outputs at one step. Over many passes: see `UnitCounter`. */
import type { Arena } from '../kernels/index.ts';
import type { Saturation, UnitLayout } from './units.ts';

/** Elements side by side, from one index up to another. */
type Run = readonly [start: number, end: number];

/** The elements that the mask leaves, as few runs as there can be. */
function keptRuns(length: number, mask: Float32Array | null): Run[] {
  if (mask === null) return [[0, length]];
  const size = length / mask.length;
  const runs: [number, number][] = [];
  mask.forEach((kept, row) => {
    if (!(kept > 0)) return;
    const last = runs.at(-1);
    if (last?.[1] === row * size) last[1] += size;
    else runs.push([row * size, (row + 1) * size]);
  });
  return runs;
}

/** Reads outputs of layers that lie in an arena. */
export class StuckUnits {
  readonly #arena: Arena;
  /** A mark for every unit. */
  readonly #alive: Int32Array;

  /** Bytes of an arena that it takes. */
  static bytesFor(units: number): number {
    return 4 * units + 64;
  }

  /** @param units of the layer that has the most */
  constructor(arena: Arena, units: number) {
    this.#arena = arena;
    this.#alive = arena.integers(units);
  }

  /**
   * Fraction of the units that are exactly 0 at every position; 1 where all is masked.
   * @param values whole samples of a layer's output
   * @param mask rows of `values` that count, of any number of elements: those above 0; null where all of them do
   */
  dead(values: Float32Array, { units, stride }: UnitLayout, mask: Float32Array | null): number {
    const { kernels } = this.#arena;
    const address = this.#arena.addressOf(values);
    const alive = this.#alive.subarray(0, units).fill(0);
    for (const [start, end] of keptRuns(values.length, mask)) {
      kernels.markAlive(address + 4 * start, address + 4 * end, units, stride, alive.byteOffset);
    }
    let dead = 0;
    for (let unit = 0; unit < units; unit++) if (alive[unit] === 0) dead++;
    return dead / units;
  }

  /** Fraction of the outputs at or beyond the bounds; NaN where all is masked. */
  saturated(values: Float32Array, { low, high }: Saturation, mask: Float32Array | null): number {
    const address = this.#arena.addressOf(values);
    let [count, total] = [0, 0];
    for (const [start, end] of keptRuns(values.length, mask)) {
      count += this.#arena.kernels.countSaturated(address + 4 * start, end - start, low, high);
      total += end - start;
    }
    return count / total;
  }
}
