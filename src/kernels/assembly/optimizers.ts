/**
 * @file Updates of weights, in float32, four at a time. Arrays are padded to whole vectors; what an update does to the
 * padding (all zeros) stays zero.
 */

// @ts-ignore: decorator
@inline
function get(array: usize, i: usize): v128 {
  return v128.load(array + i);
}

/** a·x + b·y */
// @ts-ignore: decorator
@inline
function mix(a: v128, x: v128, b: v128, y: v128): v128 {
  return f32x4.add(f32x4.mul(a, x), f32x4.mul(b, y));
}

/** Bytes of the whole vectors that hold n numbers. */
// @ts-ignore: decorator
@inline
function sizeOf(n: i32): usize {
  return (<usize>((n + 3) & ~3)) << 2;
}

/** v ← m v − lr g; w ← w + v, or w + m v − lr g (Nesterov); without memory (v = 0) w ← w − lr g */
export function sgd(n: i32, w: usize, g: usize, v: usize, lr: f32, momentum: f32, nesterov: bool): void {
  const rate = f32x4.splat(-lr);
  const m = f32x4.splat(momentum);
  const bytes = sizeOf(n);
  if (v == 0) {
    for (let i: usize = 0; i < bytes; i += 16) {
      v128.store(w + i, f32x4.add(get(w, i), f32x4.mul(rate, get(g, i))));
    }
    return;
  }
  for (let i: usize = 0; i < bytes; i += 16) {
    const step = f32x4.mul(rate, get(g, i));
    const velocity = f32x4.add(f32x4.mul(m, get(v, i)), step);
    v128.store(v + i, velocity);
    const change = nesterov ? f32x4.add(f32x4.mul(m, velocity), step) : velocity;
    v128.store(w + i, f32x4.add(get(w, i), change));
  }
}

/** m ← β₁m + (1−β₁)g; v ← β₂v + (1−β₂)g²; w ← w − decay·w − rate·m/(√v + ε) */
export function adam(
  n: i32,
  w: usize,
  g: usize,
  m: usize,
  v: usize,
  rate: f32,
  beta1: f32,
  beta2: f32,
  rest1: f32,
  rest2: f32,
  epsilon: f32,
  decay: f32,
): void {
  const r = f32x4.splat(rate);
  const b1 = f32x4.splat(beta1);
  const b2 = f32x4.splat(beta2);
  const c1 = f32x4.splat(rest1);
  const c2 = f32x4.splat(rest2);
  const e = f32x4.splat(epsilon);
  const d = f32x4.splat(decay);
  const bytes = sizeOf(n);
  for (let i: usize = 0; i < bytes; i += 16) {
    const gradient = get(g, i);
    const mean = mix(b1, get(m, i), c1, gradient);
    const square = mix(b2, get(v, i), c2, f32x4.mul(gradient, gradient));
    v128.store(m + i, mean);
    v128.store(v + i, square);
    const weight = get(w, i);
    const kept = f32x4.sub(weight, f32x4.mul(d, weight));
    const step = f32x4.div(f32x4.mul(r, mean), f32x4.add(f32x4.sqrt(square), e));
    v128.store(w + i, f32x4.sub(kept, step));
  }
}

/** m, v as in Adam; w ← w − lr (meanFactor·m + gradientFactor·g)/(√(squareFactor·v) + ε) */
export function nadam(
  n: i32,
  w: usize,
  g: usize,
  m: usize,
  v: usize,
  lr: f32,
  beta1: f32,
  beta2: f32,
  rest1: f32,
  rest2: f32,
  epsilon: f32,
  meanFactor: f32,
  gradientFactor: f32,
  squareFactor: f32,
): void {
  const r = f32x4.splat(lr);
  const b1 = f32x4.splat(beta1);
  const b2 = f32x4.splat(beta2);
  const c1 = f32x4.splat(rest1);
  const c2 = f32x4.splat(rest2);
  const e = f32x4.splat(epsilon);
  const fm = f32x4.splat(meanFactor);
  const fg = f32x4.splat(gradientFactor);
  const fs = f32x4.splat(squareFactor);
  const bytes = sizeOf(n);
  for (let i: usize = 0; i < bytes; i += 16) {
    const gradient = get(g, i);
    const mean = mix(b1, get(m, i), c1, gradient);
    const square = mix(b2, get(v, i), c2, f32x4.mul(gradient, gradient));
    v128.store(m + i, mean);
    v128.store(v + i, square);
    const ahead = mix(fm, mean, fg, gradient);
    const root = f32x4.add(f32x4.sqrt(f32x4.mul(fs, square)), e);
    v128.store(w + i, f32x4.sub(get(w, i), f32x4.div(f32x4.mul(r, ahead), root)));
  }
}

/** s ← ρs + (1−ρ)g²; a ← ρa + (1−ρ)g (centered); u ← momentum·u + lr·g/√(s − a² + ε); w ← w − u */
export function rmsprop(
  n: i32,
  w: usize,
  g: usize,
  s: usize,
  a: usize,
  u: usize,
  lr: f32,
  rho: f32,
  rest: f32,
  momentum: f32,
  epsilon: f32,
  centered: bool,
): void {
  const r = f32x4.splat(lr);
  const keep = f32x4.splat(rho);
  const take = f32x4.splat(rest);
  const m = f32x4.splat(momentum);
  const e = f32x4.splat(epsilon);
  const bytes = sizeOf(n);
  for (let i: usize = 0; i < bytes; i += 16) {
    const gradient = get(g, i);
    const square = mix(keep, get(s, i), take, f32x4.mul(gradient, gradient));
    v128.store(s + i, square);
    let variance = square;
    if (centered) {
      const mean = mix(keep, get(a, i), take, gradient);
      v128.store(a + i, mean);
      variance = f32x4.sub(square, f32x4.mul(mean, mean));
    }
    const step = f32x4.div(f32x4.mul(r, gradient), f32x4.sqrt(f32x4.add(variance, e)));
    const update = f32x4.add(f32x4.mul(m, get(u, i)), step);
    v128.store(u + i, update);
    v128.store(w + i, f32x4.sub(get(w, i), update));
  }
}

/** s ← s + g²; w ← w − lr·g/√(s + ε) */
export function adagrad(n: i32, w: usize, g: usize, s: usize, lr: f32, epsilon: f32): void {
  const r = f32x4.splat(lr);
  const e = f32x4.splat(epsilon);
  const bytes = sizeOf(n);
  for (let i: usize = 0; i < bytes; i += 16) {
    const gradient = get(g, i);
    const sum = f32x4.add(get(s, i), f32x4.mul(gradient, gradient));
    v128.store(s + i, sum);
    const step = f32x4.div(f32x4.mul(r, gradient), f32x4.sqrt(f32x4.add(sum, e)));
    v128.store(w + i, f32x4.sub(get(w, i), step));
  }
}

/** w ← w − decay·w − lr·sign(β₁m + (1−β₁)g); m ← β₂m + (1−β₂)g */
export function lion(
  n: i32,
  w: usize,
  g: usize,
  m: usize,
  lr: f32,
  beta1: f32,
  beta2: f32,
  rest1: f32,
  rest2: f32,
): void {
  const r = f32x4.splat(lr);
  const b1 = f32x4.splat(beta1);
  const b2 = f32x4.splat(beta2);
  const c1 = f32x4.splat(rest1);
  const c2 = f32x4.splat(rest2);
  const one = f32x4.splat(1);
  const none = f32x4.splat(0);
  const bytes = sizeOf(n);
  for (let i: usize = 0; i < bytes; i += 16) {
    const gradient = get(g, i);
    const mean = get(m, i);
    const mixed = mix(b1, mean, c1, gradient);
    const up = v128.and(f32x4.gt(mixed, none), one);
    const down = v128.and(f32x4.lt(mixed, none), one);
    v128.store(w + i, f32x4.sub(get(w, i), f32x4.mul(r, f32x4.sub(up, down))));
    v128.store(m + i, mix(b2, mean, c2, gradient));
  }
}
