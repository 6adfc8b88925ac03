/** @file Several arrays as one: each sample's numbers of one after those of another. A sample is put together when somebody asks for it. */
import type { Numbers } from './blocks.ts';
import type { OnDemand } from './stored_numbers.ts';

interface Field {
  readonly values: Numbers | OnDemand;
  /** Of a sample. */
  readonly size: number;
}

export class SideBySide implements OnDemand {
  readonly length: number;
  /** One sample. */
  readonly held: Float64Array;
  readonly #fields: readonly Field[];
  #sample = -1;

  constructor(arrays: readonly (Numbers | OnDemand)[], samples: number) {
    this.#fields = arrays.map((values) => ({ values, size: values.length / samples }));
    const size = this.#fields.reduce((sum, field) => sum + field.size, 0);
    this.held = new Float64Array(size);
    this.length = samples * size;
  }

  /** @param from where a sample begins */
  seek(from: number): number {
    const sample = from / this.held.length;
    if (sample === this.#sample) return 0;
    let at = 0;
    for (const { values, size } of this.#fields) {
      const isHeld = !('seek' in values);
      const start = isHeld ? sample * size : values.seek(sample * size, size);
      const given = isHeld ? values : values.held;
      for (let i = 0; i < size; i++) this.held[at + i] = given[start + i] as number;
      at += size;
    }
    this.#sample = sample;
    return 0;
  }
}
