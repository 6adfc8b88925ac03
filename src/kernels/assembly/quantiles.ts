/**
 * @file Quantiles of |x| without sorting everything: the bits of a non-negative float32 grow with its value, so a
 * histogram of their upper part finds the few elements around each quantile, and only those are sorted. Zeros, of which
 * there may be many, are only counted.
 */

/** Bits below those that choose the bin: a bin is 1/128 of a power of two, or 1/32 where there are few elements. */
const FINE: u32 = 16;
const COARSE: u32 = 18;
const BINS: u32 = 1 << (31 - FINE);
/** Up to so many elements are sorted as they are; up to so many have coarse bins. */
const VERY_FEW: i32 = 64;
const FEW: i32 = 8192;
const MAGNITUDE: u32 = 0x7fffffff;
const MAX_LEVELS: i32 = 16;

const histogram = memory.data(<i32>BINS * 4);
const wanted = memory.data(<i32>BINS);
/** Places of the lower and the upper neighbour of each quantile, counted from the largest gathered element; 0 for a zero. */
const lower = memory.data(MAX_LEVELS * 4);
const upper = memory.data(MAX_LEVELS * 4);

/**
 * The quantiles at `levels` (`count` ascending float64 between 0 and 1, at most 16), interpolated linearly between
 * neighbours, to `out`.
 * @param x no NaN among its `n` elements, of which every `step`-th is looked at
 * @param largest of |x|
 * @param scratch room for one uint32 more than are looked at
 */
export function absoluteQuantiles(
  x: usize,
  n: i32,
  step: i32,
  largest: f32,
  levels: usize,
  count: i32,
  out: usize,
  scratch: usize,
): void {
  const total = <u32>((n + step - 1) / step);
  let gathered = total;
  if (n <= VERY_FEW) {
    for (let i: usize = 0; i < (<usize>n) << 2; i += 4) store<u32>(scratch + i, load<u32>(x + i) & MAGNITUDE);
    for (let i = 0; i < count; i++) {
      store<u32>(lower + ((<usize>i) << 2), total - rankOf(levels, i, total));
      store<u32>(upper + ((<usize>i) << 2), total - upperRank(levels, i, total));
    }
  } else {
    const shift = n <= FEW ? COARSE : FINE;
    const zeros = step == 1 ? fill(x, n, shift) : fillSparsely(x, n, step, shift);
    const top = reinterpret<u32>(largest) >>> shift;
    const bottom = locate(top, zeros, total, levels, count);
    gathered = gather(x, n, step, shift, scratch);
    memory.fill(wanted + bottom, 0, top - bottom + 1);
  }
  sort(scratch, gathered);
  for (let i = 0; i < count; i++) {
    const position = load<f64>(levels + ((<usize>i) << 3)) * <f64>(total - 1);
    const weight = position - <f64>(<u32>position);
    const low = valueAt(lower, i, scratch, gathered);
    const high = valueAt(upper, i, scratch, gathered);
    // Not low + (high − low) · weight where both are ∞, or where the weight is 0 and the upper one is: that would be NaN.
    store<f64>(out + ((<usize>i) << 3), weight == 0 || low == high ? low : low + (high - low) * weight);
  }
}

// @ts-ignore: decorator
@inline
function countOne(bits: u32, shift: u32): void {
  const at = histogram + ((<usize>(bits >>> shift)) << 2);
  store<u32>(at, load<u32>(at) + 1);
}

/** The histogram of all elements; returns the number of zeros. */
function fill(x: usize, n: i32, shift: u32): u32 {
  const magnitude = i32x4.splat(MAGNITUDE);
  const nothing = i32x4.splat(0);
  let none = i32x4.splat(0);
  const end = x + ((<usize>n) << 2);
  const vectors = x + ((<usize>(n & ~3)) << 2);
  let p = x;
  for (; p < vectors; p += 16) {
    const bits = v128.and(v128.load(p), magnitude);
    none = i32x4.sub(none, i32x4.eq(bits, nothing));
    countOne(i32x4.extract_lane(bits, 0), shift);
    countOne(i32x4.extract_lane(bits, 1), shift);
    countOne(i32x4.extract_lane(bits, 2), shift);
    countOne(i32x4.extract_lane(bits, 3), shift);
  }
  let zeros =
    i32x4.extract_lane(none, 0) +
    i32x4.extract_lane(none, 1) +
    i32x4.extract_lane(none, 2) +
    i32x4.extract_lane(none, 3);
  for (; p < end; p += 4) {
    const bits = load<u32>(p) & MAGNITUDE;
    zeros += i32(bits == 0);
    countOne(bits, shift);
  }
  return zeros;
}

/** The same of every `step`-th element. */
function fillSparsely(x: usize, n: i32, step: i32, shift: u32): u32 {
  const end = x + ((<usize>n) << 2);
  const advance = (<usize>step) << 2;
  let zeros: u32 = 0;
  for (let p = x; p < end; p += advance) {
    const bits = load<u32>(p) & MAGNITUDE;
    zeros += u32(bits == 0);
    countOne(bits, shift);
  }
  return zeros;
}

// @ts-ignore: decorator
@inline
function rankOf(levels: usize, i: i32, total: u32): u32 {
  return <u32>(load<f64>(levels + ((<usize>i) << 3)) * <f64>(total - 1));
}

// @ts-ignore: decorator
@inline
function upperRank(levels: usize, i: i32, total: u32): u32 {
  return min(rankOf(levels, i, total) + 1, total - 1);
}

/**
 * Goes down the bins, empties them, marks those that hold a rank that is asked for, and notes where each will stand among
 * their sorted elements. Lower and upper neighbours are two descending lists of ranks, followed side by side.
 * @returns the lowest bin
 */
function locate(top: u32, zeros: u32, total: u32, levels: usize, count: i32): u32 {
  memory.fill(lower, 0, MAX_LEVELS * 4);
  memory.fill(upper, 0, MAX_LEVELS * 4);
  let low = count - 1;
  let high = count - 1;
  let after = total;
  let gathered: u32 = 0;
  let bin = top;
  for (; ; bin--) {
    const at = histogram + ((<usize>bin) << 2);
    // Most bins are empty: four of them are passed at once.
    if (bin > 3 && !v128.any_true(v128.load(at - 12))) {
      bin -= 3;
      continue;
    }
    const size = load<u32>(at);
    if (size > 0) {
      store<u32>(at, 0);
      const before = after - size;
      // Zeros lie in the lowest bin and are never looked for.
      const first = max(before, zeros);
      let hit = false;
      while (low >= 0 && rankOf(levels, low, total) >= first) {
        store<u32>(lower + ((<usize>low) << 2), gathered + after - rankOf(levels, low, total));
        low--;
        hit = true;
      }
      while (high >= 0 && upperRank(levels, high, total) >= first) {
        store<u32>(upper + ((<usize>high) << 2), gathered + after - upperRank(levels, high, total));
        high--;
        hit = true;
      }
      if (hit) {
        store<u8>(wanted + bin, 1);
        gathered += after - first;
      }
      after = before;
      if (after == 0) break;
    }
    if (bin == 0) break;
  }
  return bin;
}

/** The elements of the marked bins, without zeros; every element is written, and kept where it is one of them. */
function gather(x: usize, n: i32, step: i32, shift: u32, scratch: usize): u32 {
  const end = x + ((<usize>n) << 2);
  const advance = (<usize>step) << 2;
  let to = scratch;
  for (let p = x; p < end; p += advance) {
    const bits = load<u32>(p) & MAGNITUDE;
    store<u32>(to, bits);
    to += <usize>(u32(load<u8>(wanted + (bits >>> shift))) & u32(bits != 0)) << 2;
  }
  return <u32>((to - scratch) >>> 2);
}

// @ts-ignore: decorator
@inline
function valueAt(places: usize, i: i32, scratch: usize, gathered: u32): f64 {
  const place = load<u32>(places + ((<usize>i) << 2));
  return place == 0 ? 0 : <f64>reinterpret<f32>(load<u32>(scratch + ((<usize>(gathered - place)) << 2)));
}

/** Shell sort, gaps by the factor 9/4 (Tokuda 1992): the arrays are short, or their elements mostly equal. */
function sort(values: usize, n: u32): void {
  let gap: u32 = 1;
  while (gap < n / 3) gap = (gap * 9) / 4 + 1;
  while (gap > 0) {
    for (let i = gap; i < n; i++) {
      const value = load<u32>(values + ((<usize>i) << 2));
      let j = i;
      while (j >= gap && load<u32>(values + ((<usize>(j - gap)) << 2)) > value) {
        store<u32>(values + ((<usize>j) << 2), load<u32>(values + ((<usize>(j - gap)) << 2)));
        j -= gap;
      }
      store<u32>(values + ((<usize>j) << 2), value);
    }
    gap = gap > 1 ? max<u32>(1, (gap * 4) / 9) : 0;
  }
}
