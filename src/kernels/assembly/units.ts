/** @file Which units of a layer are stuck. A unit is a feature, or a channel of images. */
import { high, low } from './statistics';

/** Elements of x that are at most `least` or at least `most`, compared in float64. */
export function countSaturated(x: usize, n: i32, least: f64, most: f64): i32 {
  const lower = f64x2.splat(least);
  const upper = f64x2.splat(most);
  const end = x + ((<usize>n) << 2);
  const vectors = x + ((<usize>(n & ~3)) << 2);
  let a = i64x2.splat(0);
  let b = i64x2.splat(0);
  let p = x;
  for (; p < vectors; p += 16) {
    const v = v128.load(p);
    const l = low(v);
    const h = high(v);
    // True is −1.
    a = i64x2.sub(a, v128.or(f64x2.le(l, lower), f64x2.ge(l, upper)));
    b = i64x2.sub(b, v128.or(f64x2.le(h, lower), f64x2.ge(h, upper)));
  }
  const both = i64x2.add(a, b);
  let count = <i32>(i64x2.extract_lane(both, 0) + i64x2.extract_lane(both, 1));
  for (; p < end; p += 4) {
    const v = <f64>load<f32>(p);
    if (v <= least || v >= most) count++;
  }
  return count;
}

// @ts-ignore: decorator
@inline
function holdsOther(x: usize, end: usize): bool {
  const none = f32x4.splat(0);
  const vectors = x + ((end - x) & ~15);
  let p = x;
  for (; p < vectors; p += 16) if (v128.any_true(f32x4.ne(v128.load(p), none))) return true;
  for (; p < end; p += 4) if (load<f32>(p) != 0) return true;
  return false;
}

/**
 * Marks in `alive`, an int32 for every unit, the units that are other than 0 anywhere from `x` up to `end`.
 * @param stride elements of a unit side by side: x is [positions, units, stride]
 */
export function markAlive(x: usize, end: usize, units: i32, stride: i32, alive: usize): void {
  const marks = alive + ((<usize>units) << 2);
  const plane = (<usize>stride) << 2;
  const none = f32x4.splat(0);
  let p = x;
  while (p < end) {
    if (stride == 1) {
      // The last vector of a position may reach into the next one: its marks fall into the padding of `alive`.
      for (let mark = alive, q = p; mark < marks; mark += 16, q += 16) {
        v128.store(mark, v128.or(v128.load(mark), f32x4.ne(v128.load(q), none)));
      }
      p += (<usize>units) << 2;
    } else {
      for (let mark = alive; mark < marks; mark += 4, p += plane) {
        if (load<i32>(mark) == 0 && holdsOther(p, p + plane)) store<i32>(mark, -1);
      }
    }
  }
}
