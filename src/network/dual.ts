/** @file Dual numbers: value and derivative of a formula at once, in float64. The kinks follow the graph's conventions. */
import type { Algebra } from './algebra.ts';
import { erf } from './erf.ts';

/** v + d·ε with ε² = 0: d is the derivative with respect to the variable. */
export interface Dual {
  readonly v: number;
  readonly d: number;
}

export const variable = (v: number): Dual => ({ v, d: 1 });

const sigmoid = (x: number) => (x >= 0 ? 1 / (1 + Math.exp(-x)) : Math.exp(x) / (1 + Math.exp(x)));
const softplus = (x: number) => Math.max(x, 0) + Math.log1p(Math.exp(-Math.abs(x)));

/** f applied by the chain rule. A variable that does not take part (d = 0) never gives 0 · ∞. */
const chain = (x: Dual, v: number, slope: number): Dual => ({ v, d: x.d === 0 ? 0 : x.d * slope });

const times = (a: number, b: number) => (a === 0 ? 0 : a * b);

function pow(a: Dual, b: Dual): Dual {
  const v = a.v ** b.v;
  const base = a.d === 0 ? 0 : a.d * b.v * a.v ** (b.v - 1);
  const exponent = b.d === 0 || a.v <= 0 ? 0 : b.d * v * Math.log(a.v);
  return { v, d: base + exponent };
}

const constant = (v: number): Dual => ({ v, d: 0 });

/** At a tie neither argument gets a derivative, so that max(x, 0)′ = relu′ = 0 at 0. */
const choose = (a: Dual, b: Dual, aWins: boolean, bWins: boolean): Dual => {
  if (Number.isNaN(a.v) || Number.isNaN(b.v)) return { v: Number.NaN, d: Number.NaN };
  return aWins ? a : bWins ? b : constant(a.v);
};

export const dualAlgebra: Algebra<Dual, boolean> = {
  constant,
  add: (a, b) => ({ v: a.v + b.v, d: a.d + b.d }),
  sub: (a, b) => ({ v: a.v - b.v, d: a.d - b.d }),
  mul: (a, b) => ({ v: a.v * b.v, d: times(a.d, b.v) + times(b.d, a.v) }),
  div: (a, b) => ({ v: a.v / b.v, d: times(a.d, 1 / b.v) - times(b.d, a.v / b.v / b.v) }),
  pow,
  neg: (x) => ({ v: -x.v, d: -x.d }),
  abs: (x) => chain(x, Math.abs(x.v), Math.sign(x.v)),
  exp: (x) => chain(x, Math.exp(x.v), Math.exp(x.v)),
  log: (x) => chain(x, Math.log(x.v), 1 / x.v),
  sqrt: (x) => chain(x, Math.sqrt(x.v), 0.5 / Math.sqrt(x.v)),
  sin: (x) => chain(x, Math.sin(x.v), Math.cos(x.v)),
  cos: (x) => chain(x, Math.cos(x.v), -Math.sin(x.v)),
  tanh: (x) => chain(x, Math.tanh(x.v), 1 - Math.tanh(x.v) ** 2),
  sigmoid: (x) => chain(x, sigmoid(x.v), sigmoid(x.v) * sigmoid(-x.v)),
  relu: (x) => chain(x, Math.max(x.v, 0), x.v > 0 ? 1 : 0),
  softplus: (x) => chain(x, softplus(x.v), sigmoid(x.v)),
  erf: (x) => chain(x, erf(x.v), (2 / Math.sqrt(Math.PI)) * Math.exp(-x.v * x.v)),
  min: (a, b) => choose(a, b, a.v < b.v, b.v < a.v),
  max: (a, b) => choose(a, b, a.v > b.v, b.v > a.v),
  less: (a, b) => a.v < b.v,
  lessOrEqual: (a, b) => a.v <= b.v,
  greater: (a, b) => a.v > b.v,
  greaterOrEqual: (a, b) => a.v >= b.v,
  where: (condition, a, b) => (condition ? a : b),
};
