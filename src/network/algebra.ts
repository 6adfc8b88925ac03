/**
 * @file The small algebra in which an activation is written once. Evaluated by the graph builder for training, by dual
 * numbers for values and derivatives, and by text for code: V is a tensor, a dual number or a piece of code.
 */
import { calculus as c, type GraphBuilder, type Tensor } from '../graph/index.ts';

export interface Algebra<V, C> {
  constant(value: number): V;
  add(a: V, b: V): V;
  sub(a: V, b: V): V;
  mul(a: V, b: V): V;
  div(a: V, b: V): V;
  pow(a: V, b: V): V;
  neg(x: V): V;
  abs(x: V): V;
  exp(x: V): V;
  log(x: V): V;
  sqrt(x: V): V;
  sin(x: V): V;
  cos(x: V): V;
  tanh(x: V): V;
  sigmoid(x: V): V;
  relu(x: V): V;
  softplus(x: V): V;
  erf(x: V): V;
  min(a: V, b: V): V;
  max(a: V, b: V): V;
  less(a: V, b: V): C;
  lessOrEqual(a: V, b: V): C;
  greater(a: V, b: V): C;
  greaterOrEqual(a: V, b: V): C;
  where(condition: C, a: V, b: V): V;
}

/** The algebra whose values are tensors of `g`: float32, differentiated by the graph. */
export function graphAlgebra(g: GraphBuilder): Algebra<Tensor, Tensor> {
  const unary = (f: (g: GraphBuilder, x: Tensor) => Tensor) => (x: Tensor) => f(g, x);
  const binary = (f: (g: GraphBuilder, a: Tensor, b: Tensor) => Tensor) => (a: Tensor, b: Tensor) =>
    f(g, a, b);
  return {
    constant: (value) => g.constant(value),
    add: binary(c.add),
    sub: binary(c.sub),
    mul: binary(c.mul),
    div: binary(c.div),
    pow: binary(c.pow),
    neg: unary(c.neg),
    abs: unary(c.abs),
    exp: unary(c.exp),
    log: unary(c.log),
    sqrt: unary(c.sqrt),
    sin: unary(c.sin),
    cos: unary(c.cos),
    tanh: unary(c.tanh),
    sigmoid: unary(c.sigmoid),
    relu: unary(c.relu),
    softplus: unary(c.softplus),
    erf: unary(c.erf),
    min: binary(c.min),
    max: binary(c.max),
    less: binary(c.less),
    lessOrEqual: binary(c.lessOrEqual),
    greater: binary(c.greater),
    greaterOrEqual: binary(c.greaterOrEqual),
    where: (condition, a, b) => c.where(g, condition, a, b),
  };
}
