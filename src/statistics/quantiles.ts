/**
 * @file Exact quantiles of |x| without sorting the tensor: the bits of a non-negative float32 grow with its value, so a
 * histogram of their upper half finds the few elements around each quantile, and only those are sorted.
 */

const MAGNITUDE = 0x7fff_ffff;
const LOW_BITS = 16;
const histogram = new Uint32Array(1 << (31 - LOW_BITS));
const wanted = new Uint8Array(histogram.length);

interface Position {
  /** Rank of the lower neighbour among the sorted magnitudes, and the weight of the upper one. */
  readonly rank: number;
  readonly weight: number;
}

const positionOf = (q: number, n: number): Position => {
  const position = q * (n - 1);
  return { rank: Math.floor(position), weight: position - Math.floor(position) };
};

/** Histogram of the upper bits between `from` and `to`; the caller clears it again. */
function count(bits: Uint32Array): { from: number; to: number } {
  let [from, to] = [histogram.length, -1];
  for (let i = 0; i < bits.length; i++) {
    const bin = ((bits[i] as number) & MAGNITUDE) >>> LOW_BITS;
    histogram[bin] = (histogram[bin] as number) + 1;
    if (bin < from) from = bin;
    if (bin > to) to = bin;
  }
  return { from, to };
}

/** Magnitudes (as bits) of the elements in the marked bins, sorted. */
function gather(bits: Uint32Array, size: number): Uint32Array {
  const found = new Uint32Array(size);
  let n = 0;
  for (let i = 0; i < bits.length; i++) {
    const magnitude = (bits[i] as number) & MAGNITUDE;
    if (wanted[magnitude >>> LOW_BITS] === 1) found[n++] = magnitude;
  }
  return found.sort();
}

/**
 * The q-quantiles of |x|, interpolated linearly between neighbours (NumPy's default), in float64.
 * ∞ sorts above all numbers. @param values no NaN among them, at least one element
 */
export function absoluteQuantiles(values: Float32Array, qs: readonly number[]): number[] {
  const n = values.length;
  const bits = new Uint32Array(values.buffer, values.byteOffset, n);
  const positions = qs.map((q) => positionOf(q, n));
  const ranks = [...new Set(positions.flatMap(({ rank }) => [rank, Math.min(rank + 1, n - 1)]))].sort(
    (a, b) => a - b,
  );
  const { from, to } = count(bits);
  // Rank r of all elements is rank r − skipped of the gathered ones.
  const skipped = new Map<number, number>();
  let [before, gathered, next] = [0, 0, 0];
  for (let bin = from; bin <= to; bin++) {
    const end = before + (histogram[bin] as number);
    const first = next;
    for (; next < ranks.length && (ranks[next] as number) < end; next++)
      skipped.set(ranks[next] as number, before - gathered);
    if (next > first) {
      wanted[bin] = 1;
      gathered += end - before;
    }
    before = end;
  }
  const sorted = new Float32Array(gather(bits, gathered).buffer);
  histogram.fill(0, from, to + 1);
  wanted.fill(0, from, to + 1);
  const at = (rank: number) => sorted[rank - (skipped.get(rank) ?? 0)] as number;
  return positions.map(({ rank, weight }) => {
    const low = at(rank);
    return weight === 0 ? low : low + (at(Math.min(rank + 1, n - 1)) - low) * weight;
  });
}
