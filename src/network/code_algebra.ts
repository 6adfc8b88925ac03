/** @file A formula as Python source: the algebra whose values are pieces of text. */
import type { Algebra } from './algebra.ts';

/** Function names that differ between the two libraries. */
interface Library {
  readonly prefix: string;
  readonly sigmoid: string;
  readonly relu: string;
  readonly softplus: string;
  readonly erf: string;
}

const torch: Library = {
  prefix: 'torch',
  sigmoid: 'torch.sigmoid',
  relu: 'torch.relu',
  softplus: 'nn.functional.softplus',
  erf: 'torch.erf',
};
const keras: Library = {
  prefix: 'keras.ops',
  sigmoid: 'keras.ops.sigmoid',
  relu: 'keras.ops.relu',
  softplus: 'keras.ops.softplus',
  erf: 'keras.ops.erf',
};

function codeAlgebra(library: Library): Algebra<string, string> {
  const call =
    (name: string) =>
    (...args: string[]) =>
      `${name}(${args.join(', ')})`;
  const infix = (operator: string) => (a: string, b: string) => `(${a} ${operator} ${b})`;
  const of = (name: string) => call(`${library.prefix}.${name}`);
  // maximum and minimum want tensors on both sides; adding 0·x turns a number into one.
  const tensors = (name: string) => (a: string, b: string) => of(name)(`${a} + 0 * x`, `${b} + 0 * x`);
  return {
    constant: (value) => String(value),
    add: infix('+'),
    sub: infix('-'),
    mul: infix('*'),
    div: infix('/'),
    pow: infix('**'),
    neg: (x) => `(-${x})`,
    abs: of('abs'),
    exp: of('exp'),
    log: of('log'),
    sqrt: of('sqrt'),
    sin: of('sin'),
    cos: of('cos'),
    tanh: of('tanh'),
    sigmoid: call(library.sigmoid),
    relu: call(library.relu),
    softplus: call(library.softplus),
    erf: call(library.erf),
    min: tensors('minimum'),
    max: tensors('maximum'),
    less: infix('<'),
    lessOrEqual: infix('<='),
    greater: infix('>'),
    greaterOrEqual: infix('>='),
    where: (condition, a, b) => of('where')(condition, `${a} + 0 * x`, `${b} + 0 * x`),
  };
}

export const torchAlgebra = codeAlgebra(torch);
export const kerasAlgebra = codeAlgebra(keras);
