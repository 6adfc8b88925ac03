/**
 * @file Sums what flows back into a tensor. Contributions of whole tensors are added; those of slices are kept apart
 * until all are known, because slices that tile a tensor (gates, windows) are joined at the cost of a copy, where
 * padding each with zeros and adding would cost as much for every slice.
 */
import { present } from '../util/assert.ts';
import * as c from './calculus.ts';
import type { GraphBuilder } from './graph.ts';
import type { SliceAttributes, Tensor } from './nodes.ts';

/** The gradient of a slice of a tensor. */
export interface SlicePart {
  readonly slice: SliceAttributes;
  readonly dy: Tensor;
}

export type Contribution = Tensor | SlicePart;

const isPart = (contribution: Contribution): contribution is SlicePart => 'slice' in contribution;

interface Sum {
  readonly tensor: Tensor;
  whole: Tensor | undefined;
  parts: SlicePart[];
}

/** [… n …] → [… n·step …] along `axis`: zeros after every element. */
function spread(g: GraphBuilder, x: Tensor, axis: number, step: number): Tensor {
  const apart = [...x.shape.slice(0, axis + 1), 1, ...x.shape.slice(axis + 1)];
  const nothing = apart.map(() => 0);
  const padded = c.pad(g, c.reshape(g, x, apart), nothing, nothing.with(axis + 1, step - 1));
  return c.reshape(g, padded, x.shape.with(axis, (x.shape[axis] as number) * step));
}

/** The transpose of slicing: zeros of `shape`, with `dy` where the slice was. */
function unslice(g: GraphBuilder, { slice, dy }: SlicePart, size: number): Tensor {
  const { axis, start, step } = slice;
  const apart = step === 1 ? dy : spread(g, dy, axis, step);
  const kept = Math.min(apart.shape[axis] as number, size - start);
  const cut = c.slice(g, apart, { axis, start: 0, step: 1, count: kept });
  const nothing = dy.shape.map(() => 0);
  return c.pad(g, cut, nothing.with(axis, start), nothing.with(axis, size - start - kept));
}

/** Parts of one axis in order of their starts, where together they are the whole axis, each element once; else null. */
function join(g: GraphBuilder, parts: readonly SlicePart[], size: number): Tensor | null {
  const sorted = parts.toSorted((a, b) => a.slice.start - b.slice.start);
  const { axis, step } = present(sorted[0]).slice;
  const tensors = sorted.map(({ dy }) => dy);
  if (step === 1 && contiguous(sorted, size)) return c.concat(g, tensors, axis);
  const interleaved =
    step === sorted.length &&
    sorted.every(({ slice }, i) => slice.step === step && slice.start === i && slice.count * step === size);
  if (!interleaved) return null;
  const apart = tensors.map((dy) =>
    c.reshape(g, dy, [...dy.shape.slice(0, axis + 1), 1, ...dy.shape.slice(axis + 1)]),
  );
  const joined = c.concat(g, apart, axis + 1);
  return c.reshape(g, joined, present(tensors[0]).shape.with(axis, size));
}

function contiguous(sorted: readonly SlicePart[], size: number): boolean {
  let end = 0;
  for (const { slice } of sorted) {
    if (slice.step !== 1 || slice.start !== end) return false;
    end += slice.count;
  }
  return end === size;
}

export class Adjoints {
  readonly #g: GraphBuilder;
  readonly #sums = new Map<number, Sum>();

  constructor(g: GraphBuilder) {
    this.#g = g;
  }

  add(tensor: Tensor, contribution: Contribution): void {
    const sum = this.#sums.get(tensor.id) ?? { tensor, whole: undefined, parts: [] };
    this.#sums.set(tensor.id, sum);
    if (isPart(contribution)) sum.parts.push(contribution);
    else sum.whole = this.#plus(sum.whole, c.sumTo(this.#g, contribution, tensor.shape));
  }

  #plus(a: Tensor | undefined, b: Tensor): Tensor {
    return a === undefined ? b : c.add(this.#g, a, b);
  }

  /** ∂loss/∂tensor of all contributions so far; undefined where there are none. */
  of(tensor: Tensor): Tensor | undefined {
    const sum = this.#sums.get(tensor.id);
    if (sum === undefined) return undefined;
    for (const [axis, parts] of Map.groupBy(sum.parts, ({ slice }) => slice.axis)) {
      const size = tensor.shape[axis] as number;
      const joined = join(this.#g, parts, size);
      const wholes = joined === null ? parts.map((part) => unslice(this.#g, part, size)) : [joined];
      for (const whole of wholes) sum.whole = this.#plus(sum.whole, whole);
    }
    sum.parts = [];
    return sum.whole;
  }
}
