/** @file Statistics of units: which are dead, which are saturated. A unit is a feature (a channel of images). */

/** Where the units of a layer's output lie: [batch, …, units], or [batch, …, units, height, width] for images. */
export interface UnitLayout {
  readonly units: number;
  /** Elements between two neighbouring units: 1, or height · width. */
  readonly stride: number;
}

export function unitLayout(outputShape: readonly number[]): UnitLayout {
  const image = outputShape.length >= 3;
  const units = outputShape.at(image ? -3 : -1) ?? 1;
  return { units, stride: image ? (outputShape.at(-2) ?? 1) * (outputShape.at(-1) ?? 1) : 1 };
}

/** Of the layer that has the most. */
export const mostUnits = (layers: readonly { readonly output_shape: readonly number[] }[]): number =>
  layers.reduce((most, { output_shape }) => Math.max(most, unitLayout(output_shape).units), 0);

/** Outputs up to `low` and from `high` on. */
export interface Saturation {
  readonly low: number;
  readonly high: number;
}

const NOWHERE: Saturation = { low: Number.NaN, high: Number.NaN };

/** Counts, per unit, over as many samples as are added. */
export class UnitCounter {
  readonly #layout: UnitLayout;
  readonly #zeros: Float64Array;
  readonly #saturated: Float64Array;
  #positions = 0;

  constructor(layout: UnitLayout) {
    this.#layout = layout;
    this.#zeros = new Float64Array(layout.units);
    this.#saturated = new Float64Array(layout.units);
  }

  /**
   * @param values whole samples of the layer's output
   * @param saturation where units saturate; null counts none
   * @param deadZone whether zeros are counted
   */
  add(values: Float32Array, saturation: Saturation | null, deadZone: boolean): void {
    const { units, stride } = this.#layout;
    if (stride === 1) {
      if (deadZone) this.#countZeros(values);
      if (saturation !== null) this.#countSaturated(values, saturation);
    } else {
      const { low, high } = saturation ?? NOWHERE;
      for (let start = 0; start < values.length; start += stride) {
        this.#countPlane(values, (start / stride) % units, start, low, high);
      }
    }
    this.#positions += values.length / units;
  }

  /** Units lie side by side, here and below. */
  #countZeros(values: Float32Array): void {
    const { units } = this.#layout;
    const zeros = this.#zeros;
    for (let start = 0; start < values.length; start += units) {
      for (let unit = 0; unit < units; unit++) {
        zeros[unit] = (zeros[unit] as number) + Number(values[start + unit] === 0);
      }
    }
  }

  #countSaturated(values: Float32Array, { low, high }: Saturation): void {
    const { units } = this.#layout;
    const saturated = this.#saturated;
    for (let start = 0; start < values.length; start += units) {
      for (let unit = 0; unit < units; unit++) {
        const x = values[start + unit] as number;
        // No branch: whether a unit is saturated cannot be foreseen.
        saturated[unit] = (saturated[unit] as number) + Number(x <= low) + Number(x >= high);
      }
    }
  }

  /** The elements of a unit in one sample. */
  #countPlane(values: Float32Array, unit: number, start: number, low: number, high: number): void {
    let [zeros, saturated] = [0, 0];
    for (let i = start; i < start + this.#layout.stride; i++) {
      const x = values[i] as number;
      zeros += Number(x === 0);
      saturated += Number(x <= low) + Number(x >= high);
    }
    this.#zeros[unit] = (this.#zeros[unit] as number) + zeros;
    this.#saturated[unit] = (this.#saturated[unit] as number) + saturated;
  }

  /** Which units were exactly 0 everywhere, without those that are to be 0. */
  dead(isToBeZero: (unit: number) => boolean = () => false): Uint32Array {
    return indicesOf(this.#zeros, (count, unit) => count === this.#positions && !isToBeZero(unit));
  }

  /** Which units were saturated on at least this fraction of the positions. */
  saturatedOn(fraction: number): Uint32Array {
    return indicesOf(this.#saturated, (count) => count >= fraction * this.#positions);
  }
}

const indicesOf = (counts: Float64Array, is: (count: number, unit: number) => boolean): Uint32Array =>
  Uint32Array.from([...counts.keys()].filter((unit) => is(counts[unit] as number, unit)));
