/**
 * @file Quantiles of |x| from a histogram, without an order of the elements: the bits of a non-negative float32 grow with
 * its value, and their upper part, exponent and six bits of the mantissa, is the bin. A bin is 1/64 of its lower
 * edge wide, and its middle stands for all that lies in it: within 1/128 of each of them, from 2⁻¹²⁶ on; below that the
 * bins are 2⁻¹³² wide. What lies in the lowest one counts as 0.
 */

const SHIFT: u32 = 17;
const BINS: u32 = 1 << (31 - SHIFT);
/** Bins that are passed at once. */
const GROUP: u32 = 16;

/** Of uint16: at most 65,535 elements are counted. */
const histogram = memory.data(<i32>BINS * 2, 16);
let counted: u32 = 0;

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
  let p = x;
  let count: u32 = 0;
  for (; p < end; p += advance) {
    countOne(<usize>(load<u32>(p) >>> SHIFT) & (BINS - 1));
    count++;
  }
  counted += count;
  return p;
}

/** Forgets what was counted, where a NaN is among it. */
export function clearCounts(): void {
  memory.fill(histogram, 0, BINS * 2);
  counted = 0;
}

// @ts-ignore: decorator
@inline
function valueOf(bin: u32, largest: u32): f64 {
  // Compared as bits: the middle of the bin of ∞ is a NaN.
  return bin == 0 ? 0 : <f64>reinterpret<f32>(min((bin << SHIFT) | (1 << (SHIFT - 1)), largest));
}

/**
 * The quantiles at `levels` (`count` ascending float64 between 0 and 1) of what was counted, interpolated linearly between
 * neighbours, to `out`. Forgets what was counted.
 * @param largest of |x|, of all that was counted and maybe more
 */
export function writeQuantiles(largest: f32, levels: usize, count: i32, out: usize): void {
  const last = <f64>(counted - 1);
  const most = reinterpret<u32>(largest);
  // Going down, each quantile meets its upper neighbour first; its value waits in `out`.
  let high = count - 1;
  let low = count - 1;
  let position = load<f64>(levels + ((<usize>low) << 3)) * last;
  let lower = <u32>position;
  let upper = min(lower + 1, counted - 1);
  let after = counted;
  // Sixteen bins at once: their sizes only matter where a rank that is asked for lies among them.
  for (let group = (most >>> SHIFT) & ~(GROUP - 1); after > 0; group -= GROUP) {
    const at = histogram + ((<usize>group) << 1);
    // Four sums, side by side; none reaches 65,536.
    const sums = load<u64>(at) + load<u64>(at, 8) + load<u64>(at, 16) + load<u64>(at, 24);
    if (sums == 0) continue;
    const before = after - <u32>((sums * 0x0001000100010001) >>> 48);
    if (low >= 0 && (lower >= before || (high >= 0 && upper >= before))) {
      let first = after;
      for (let bin = group + GROUP - 1; first > before; bin--) {
        const size = <u32>load<u16>(histogram + ((<usize>bin) << 1));
        if (size == 0) continue;
        first -= size;
        if (upper < first && lower < first) continue;
        const value = valueOf(bin, most);
        while (high >= 0 && upper >= first) {
          store<f64>(out + ((<usize>high) << 3), value);
          high--;
          if (high >= 0) upper = min(<u32>(load<f64>(levels + ((<usize>high) << 3)) * last) + 1, counted - 1);
        }
        while (low >= 0 && lower >= first) {
          const place = out + ((<usize>low) << 3);
          const above = load<f64>(place);
          const weight = position - <f64>lower;
          // Not value + (above − value) · weight where both are ∞, or where the weight is 0: that would be NaN.
          store<f64>(place, weight == 0 || value == above ? value : value + (above - value) * weight);
          low--;
          if (low >= 0) {
            position = load<f64>(levels + ((<usize>low) << 3)) * last;
            lower = <u32>position;
          }
        }
        if (low < 0) break;
        if (high < 0) upper = 0;
      }
    }
    after = before;
    v128.store(at, i64x2.splat(0));
    v128.store(at, i64x2.splat(0), 16);
  }
  counted = 0;
}
