/** @file Sums over float32 arrays, in float64; four numbers at a time, in two accumulators of two. */

// @ts-ignore: decorator
@inline
function low(x: v128): v128 {
  return f64x2.promote_low_f32x4(x);
}

// @ts-ignore: decorator
@inline
function high(x: v128): v128 {
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

/**
 * Writes Σx, Σx², Σ|x|, the smallest, the largest and the number of zeros to `out` (six float64). The smallest and the
 * largest ignore NaN; they are +∞ and −∞ where nothing is left.
 */
export function moments(x: usize, n: i32, out: usize): void {
  let sumL = f64x2.splat(0);
  let sumH = f64x2.splat(0);
  let squaresL = f64x2.splat(0);
  let squaresH = f64x2.splat(0);
  let absoluteL = f64x2.splat(0);
  let absoluteH = f64x2.splat(0);
  let least = f32x4.splat(f32.MAX_VALUE * 2);
  let most = f32x4.splat(-f32.MAX_VALUE * 2);
  let zeros = i32x4.splat(0);
  const none = f32x4.splat(0);
  const end = x + ((<usize>n) << 2);
  const vectors = x + ((<usize>(n & ~3)) << 2);
  let p = x;
  for (; p < vectors; p += 16) {
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
  let sum = both(f64x2.add(sumL, sumH));
  let squares = both(f64x2.add(squaresL, squaresH));
  let absolute = both(f64x2.add(absoluteL, absoluteH));
  let smallest = <f64>f32x4.extract_lane(least, 0);
  let largest = <f64>f32x4.extract_lane(most, 0);
  smallest = less(smallest, <f64>f32x4.extract_lane(least, 1));
  smallest = less(smallest, <f64>f32x4.extract_lane(least, 2));
  smallest = less(smallest, <f64>f32x4.extract_lane(least, 3));
  largest = more(largest, <f64>f32x4.extract_lane(most, 1));
  largest = more(largest, <f64>f32x4.extract_lane(most, 2));
  largest = more(largest, <f64>f32x4.extract_lane(most, 3));
  let count =
    i32x4.extract_lane(zeros, 0) +
    i32x4.extract_lane(zeros, 1) +
    i32x4.extract_lane(zeros, 2) +
    i32x4.extract_lane(zeros, 3);
  for (; p < end; p += 4) {
    const v = <f64>load<f32>(p);
    sum += v;
    squares += v * v;
    absolute += abs(v);
    smallest = less(smallest, v);
    largest = more(largest, v);
    if (v == 0) count++;
  }
  store<f64>(out, sum);
  store<f64>(out + 8, squares);
  store<f64>(out + 16, absolute);
  store<f64>(out + 24, smallest);
  store<f64>(out + 32, largest);
  store<f64>(out + 40, <f64>count);
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
export function squaredDeviations(x: usize, n: i32, mean: f64): f64 {
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
