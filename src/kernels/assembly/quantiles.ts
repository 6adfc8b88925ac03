/**
 * @file Quantiles of |x| from a histogram, without an order of the elements: the bits of a non-negative float32 grow with
 * its value, and their upper part, exponent and six bits of the mantissa, is the bin. A bin is 1/64 of its lower
 * edge wide, and its middle stands for all that lies in it: within 1/128 of each of them, from 2⁻¹²⁶ on; below that the
 * bins are 2⁻¹³² wide. Zeros are counted by themselves.
 */

const SHIFT: u32 = 17;
const BINS: u32 = 1 << (31 - SHIFT);
/** Bins that are passed at once. */
const GROUP: u32 = 16;
const MAGNITUDE: u32 = 0x7fffffff;

/** Of uint16: at most 65,535 elements are counted. */
const histogram = memory.data(<i32>BINS * 2, 16);
let counted: u32 = 0;
let zeros: u32 = 0;

// @ts-ignore: decorator
@inline
function countOne(bin: usize): void {
  const at = histogram + (bin << 1);
  store<u16>(at, load<u16>(at) + 1);
}

/** Counts all elements from `x` up to `end`. */
export function countAll(x: usize, end: usize): void {
  counted += <u32>((end - x) >>> 2);
  // Two elements at once: the sign falls away with the mask.
  const pairs = x + ((end - x) & ~7);
  for (let p = x; p < pairs; p += 8) {
    const bits = load<u64>(p);
    countOne(<usize>(bits >>> SHIFT) & (BINS - 1));
    countOne(<usize>(bits >>> (32 + SHIFT)) & (BINS - 1));
  }
  if (pairs < end) countOne(<usize>(load<u32>(pairs) >>> SHIFT) & (BINS - 1));
}

/**
 * Counts one element every `advance` bytes, the first at `x`.
 * @returns where the next one would be
 */
export function countSome(x: usize, end: usize, advance: usize): usize {
  let none: u32 = 0;
  let p = x;
  for (; p < end; p += advance) {
    const bits = load<u32>(p) & MAGNITUDE;
    none += u32(bits == 0);
    countOne(<usize>(bits >>> SHIFT));
    counted++;
  }
  zeros += none;
  return p;
}

/** Where zeros are counted by others. */
export function setZeros(count: u32): void {
  zeros = count;
}

/** Forgets what was counted, where a NaN is among it. */
export function clearCounts(): void {
  memory.fill(histogram, 0, BINS * 2);
  counted = 0;
  zeros = 0;
}

// @ts-ignore: decorator
@inline
function valueOf(bin: u32, largest: f32): f64 {
  const middle = (bin << SHIFT) | (1 << (SHIFT - 1));
  // Compared as bits: the middle of the bin of ∞ is a NaN.
  return <f64>reinterpret<f32>(min(middle, reinterpret<u32>(largest)));
}

/** The highest quantile whose upper, and whose lower neighbour has not been met yet. */
let high: i32 = 0;
let low: i32 = 0;

/** Looks for neighbours among the bins of the group from `group` on, above which `counted − after` elements lie. */
function descend(group: u32, after: u32, last: u32, largest: f32, levels: usize, out: usize): void {
  for (let i: i32 = GROUP - 1; i >= 0; i--) {
    const bin = group + <u32>i;
    const size = <u32>load<u16>(histogram + ((<usize>bin) << 1));
    if (size == 0) continue;
    after -= size;
    // Zeros lie in the lowest bin.
    const first = max(after, zeros);
    const value = valueOf(bin, largest);
    for (; high >= 0 && min(rankOf(levels, high, last) + 1, last) >= first; high--) {
      store<f64>(out + ((<usize>high) << 3), value);
    }
    for (; low >= 0 && rankOf(levels, low, last) >= first; low--) {
      const place = out + ((<usize>low) << 3);
      const above = load<f64>(place);
      const weight = weightOf(levels, low, last);
      // Not value + (above − value) · weight where both are ∞, or where the weight is 0: that would be NaN.
      store<f64>(place, weight == 0 || value == above ? value : value + (above - value) * weight);
    }
  }
}

/**
 * The quantiles at `levels` (`count` ascending float64 between 0 and 1) of what was counted, interpolated linearly between
 * neighbours, to `out`. Forgets what was counted.
 * @param largest of |x|, of all that was counted and maybe more
 */
export function writeQuantiles(largest: f32, levels: usize, count: i32, out: usize): void {
  const last = counted - 1;
  // Going down to the zeros, each quantile meets its upper neighbour first. Who meets none has zeros.
  high = count - 1;
  low = count - 1;
  for (let i = 0; i < count; i++) store<f64>(out + ((<usize>i) << 3), 0);
  let after = counted;
  // Below it lies nothing that is asked for: the upper neighbours stand at most one rank higher.
  let next = rankOf(levels, low, last) + 1;
  // Sixteen bins at once: their sizes only matter where a rank that is asked for lies among them.
  let group = (reinterpret<u32>(largest) >>> SHIFT) & ~(GROUP - 1);
  while (after > zeros) {
    const at = histogram + ((<usize>group) << 1);
    // Four sums, side by side; none reaches 65,536.
    const sums = load<u64>(at) + load<u64>(at, 8) + load<u64>(at, 16) + load<u64>(at, 24);
    if (sums != 0) {
      const before = after - <u32>((sums * 0x0001000100010001) >>> 48);
      if (low >= 0 && next >= before) {
        descend(group, after, last, largest, levels, out);
        if (low >= 0) next = rankOf(levels, low, last) + 1;
      }
      after = before;
      v128.store(at, i64x2.splat(0));
      v128.store(at, i64x2.splat(0), 16);
    }
    group -= GROUP;
  }
  if (after > 0) store<u16>(histogram, 0);
  for (; low >= 0; low--) {
    const place = out + ((<usize>low) << 3);
    const weight = weightOf(levels, low, last);
    store<f64>(place, weight == 0 ? 0 : load<f64>(place) * weight);
  }
  counted = 0;
  zeros = 0;
}

/** Of the upper neighbour. */
// @ts-ignore: decorator
@inline
function weightOf(levels: usize, i: i32, last: u32): f64 {
  const position = load<f64>(levels + ((<usize>i) << 3)) * <f64>last;
  return position - <f64>(<u32>position);
}

// @ts-ignore: decorator
@inline
function rankOf(levels: usize, i: i32, last: u32): u32 {
  return <u32>(load<f64>(levels + ((<usize>i) << 3)) * <f64>last);
}
