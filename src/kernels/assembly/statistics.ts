/** @file Sums over float32 arrays, in float64; four numbers at a time, in two accumulators of two. */

// @ts-ignore: decorator
@inline
export function low(x: v128): v128 {
  return f64x2.promote_low_f32x4(x);
}

// @ts-ignore: decorator
@inline
export function high(x: v128): v128 {
  return f64x2.promote_low_f32x4(i64x2.shuffle(x, x, 1, 1));
}

// @ts-ignore: decorator
@inline
function both(x: v128): f64 {
  return f64x2.extract_lane(x, 0) + f64x2.extract_lane(x, 1);
}

/** Σx² */
export function sumOfSquares(x: usize, n: i32): f64 {
  let a = f64x2.splat(0);
  let b = f64x2.splat(0);
  const end = x + ((<usize>n) << 2);
  const vectors = x + ((<usize>(n & ~3)) << 2);
  let p = x;
  for (; p < vectors; p += 16) {
    const v = v128.load(p);
    const l = low(v);
    const h = high(v);
    a = f64x2.add(a, f64x2.mul(l, l));
    b = f64x2.add(b, f64x2.mul(h, h));
  }
  let sum = both(f64x2.add(a, b));
  for (; p < end; p += 4) {
    const v = <f64>load<f32>(p);
    sum += v * v;
  }
  return sum;
}

/** Sums so far, two accumulators each: Σx, Σx², Σ|x|; then the smallest, the largest, the number of zeros, in four lanes. */
const sums = memory.data(9 * 16, 16);

export function clearSums(): void {
  for (let i: usize = 0; i < 6; i++) v128.store(sums + (i << 4), f64x2.splat(0));
  v128.store(sums, f32x4.splat(<f32>Infinity), 6 * 16);
  v128.store(sums, f32x4.splat(-<f32>Infinity), 7 * 16);
  v128.store(sums, i32x4.splat(0), 8 * 16);
}

/** Adds the elements from `x` up to `end`, a multiple of four. */
export function addToSums(x: usize, end: usize): void {
  let sumL = v128.load(sums);
  let sumH = v128.load(sums, 16);
  let squaresL = v128.load(sums, 2 * 16);
  let squaresH = v128.load(sums, 3 * 16);
  let absoluteL = v128.load(sums, 4 * 16);
  let absoluteH = v128.load(sums, 5 * 16);
  let least = v128.load(sums, 6 * 16);
  let most = v128.load(sums, 7 * 16);
  let zeros = v128.load(sums, 8 * 16);
  const none = f32x4.splat(0);
  for (let p = x; p < end; p += 16) {
    const v = v128.load(p);
    const l = low(v);
    const h = high(v);
    sumL = f64x2.add(sumL, l);
    sumH = f64x2.add(sumH, h);
    squaresL = f64x2.add(squaresL, f64x2.mul(l, l));
    squaresH = f64x2.add(squaresH, f64x2.mul(h, h));
    absoluteL = f64x2.add(absoluteL, f64x2.abs(l));
    absoluteH = f64x2.add(absoluteH, f64x2.abs(h));
    least = f32x4.pmin(least, v);
    most = f32x4.pmax(most, v);
    zeros = i32x4.sub(zeros, f32x4.eq(v, none));
  }
  v128.store(sums, sumL);
  v128.store(sums, sumH, 16);
  v128.store(sums, squaresL, 2 * 16);
  v128.store(sums, squaresH, 3 * 16);
  v128.store(sums, absoluteL, 4 * 16);
  v128.store(sums, absoluteH, 5 * 16);
  v128.store(sums, least, 6 * 16);
  v128.store(sums, most, 7 * 16);
  v128.store(sums, zeros, 8 * 16);
}

// @ts-ignore: decorator
@inline
function total(at: usize): f64 {
  return both(f64x2.add(v128.load(sums + at), v128.load(sums + at, 16)));
}

/** Writes what has been added, and the elements from `x` up to `end`, to `out`: see `moments`. */
export function writeSums(x: usize, end: usize, out: usize): void {
  let sum = total(0);
  let squares = total(2 * 16);
  let absolute = total(4 * 16);
  let smallest: f64 = Infinity;
  let largest: f64 = -Infinity;
  let count: i32 = 0;
  for (let lane: usize = 0; lane < 16; lane += 4) {
    smallest = less(smallest, <f64>load<f32>(sums + lane, 6 * 16));
    largest = more(largest, <f64>load<f32>(sums + lane, 7 * 16));
    count += load<i32>(sums + lane, 8 * 16);
  }
  for (let p = x; p < end; p += 4) {
    const v = <f64>load<f32>(p);
    sum += v;
    squares += v * v;
    absolute += abs(v);
    smallest = less(smallest, v);
    largest = more(largest, v);
    if (v == 0) count++;
  }
  store<f64>(out, sum);
  store<f64>(out, squares, 8);
  store<f64>(out, absolute, 16);
  store<f64>(out, smallest, 24);
  store<f64>(out, largest, 32);
  store<f64>(out, <f64>count, 40);
}

/**
 * Writes Σx, Σx², Σ|x|, the smallest, the largest and the number of zeros to `out` (six float64). The smallest and the
 * largest ignore NaN; they are +∞ and −∞ where nothing is left.
 */
export function moments(x: usize, n: i32, out: usize): void {
  const vectors = x + ((<usize>(n & ~3)) << 2);
  clearSums();
  addToSums(x, vectors);
  writeSums(vectors, x + ((<usize>n) << 2), out);
}

// @ts-ignore: decorator
@inline
function less(known: f64, next: f64): f64 {
  return next < known ? next : known;
}

// @ts-ignore: decorator
@inline
function more(known: f64, next: f64): f64 {
  return next > known ? next : known;
}

/** Σ(x − mean)² */
export function deviationsOf(x: usize, n: i32, mean: f64): f64 {
  const m = f64x2.splat(mean);
  let a = f64x2.splat(0);
  let b = f64x2.splat(0);
  const end = x + ((<usize>n) << 2);
  const vectors = x + ((<usize>(n & ~3)) << 2);
  let p = x;
  for (; p < vectors; p += 16) {
    const v = v128.load(p);
    const l = f64x2.sub(low(v), m);
    const h = f64x2.sub(high(v), m);
    a = f64x2.add(a, f64x2.mul(l, l));
    b = f64x2.add(b, f64x2.mul(h, h));
  }
  let sum = both(f64x2.add(a, b));
  for (; p < end; p += 4) {
    const d = <f64>load<f32>(p) - mean;
    sum += d * d;
  }
  return sum;
}

/** out ← a − b */
export function subtract(a: usize, b: usize, n: i32, out: usize): void {
  const bytes = (<usize>n) << 2;
  const vectors = (<usize>(n & ~3)) << 2;
  let i: usize = 0;
  for (; i < vectors; i += 16) v128.store(out + i, f32x4.sub(v128.load(a + i), v128.load(b + i)));
  for (; i < bytes; i += 4) store<f32>(out + i, load<f32>(a + i) - load<f32>(b + i));
}

/** x ← factor · x */
export function scale(x: usize, n: i32, factor: f32): void {
  const f = f32x4.splat(factor);
  const end = x + ((<usize>n) << 2);
  const vectors = x + ((<usize>(n & ~3)) << 2);
  let p = x;
  for (; p < vectors; p += 16) v128.store(p, f32x4.mul(v128.load(p), f));
  for (; p < end; p += 4) store<f32>(p, load<f32>(p) * factor);
}
