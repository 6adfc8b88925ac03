/** @file The parser of formulas: what binds how, what is refused and where, and agreement with a reference on random formulas. */
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Algebra } from '../../../src/network/algebra.ts';
import {
  type Expression,
  ExpressionError,
  evaluateExpression,
  MAX_EXPRESSION_LENGTH,
  parseExpression,
} from '../../../src/network/expression.ts';

const sigmoid = (x: number) => 1 / (1 + Math.exp(-x));
const softplus = (x: number) => Math.log1p(Math.exp(-Math.abs(x))) + Math.max(x, 0);

/** Plain numbers: nothing of the algebras under test. `erf` is only asked at a value that can be told from others. */
const numbers: Algebra<number, boolean> = {
  constant: (value) => value,
  add: (a, b) => a + b,
  sub: (a, b) => a - b,
  mul: (a, b) => a * b,
  div: (a, b) => a / b,
  pow: (a, b) => a ** b,
  neg: (x) => -x,
  ...{ abs: Math.abs, exp: Math.exp, log: Math.log, sqrt: Math.sqrt, sin: Math.sin, cos: Math.cos },
  ...{ tanh: Math.tanh, sigmoid, softplus, relu: (x: number) => Math.max(x, 0) },
  erf: (x) => 100 + x,
  min: Math.min,
  max: Math.max,
  less: (a, b) => a < b,
  lessOrEqual: (a, b) => a <= b,
  greater: (a, b) => a > b,
  greaterOrEqual: (a, b) => a >= b,
  where: (condition, a, b) => (condition ? a : b),
};

const evaluate = (formula: string, x = 0): number => evaluateExpression(parseExpression(formula), numbers, x);

function refusal(formula: string): ExpressionError {
  try {
    parseExpression(formula);
  } catch (error) {
    if (error instanceof ExpressionError) return error;
    throw error;
  }
  throw new Error(`"${formula}" is not refused`);
}

describe('what binds how', () => {
  it.each([
    ['2 + 3 * 4', 14],
    ['(2 + 3) * 4', 20],
    ['10 - 3 - 2', 5],
    ['24 / 4 / 2', 3],
    ['24 / 4 * 2', 12],
    ['2 * 3 ^ 2', 18],
    // Powers go from the right.
    ['2 ^ 3 ^ 2', 512],
    ['(2 ^ 3) ^ 2', 64],
    // A sign binds weaker than a power, stronger than a product.
    ['-3 ^ 2', -9],
    ['(-3) ^ 2', 9],
    ['2 ^ -1', 0.5],
    ['2 ^ -2 ^ 2', 1 / 16],
    ['-2 * -3', 6],
    ['6 / -3', -2],
    ['5 - -3', 8],
    ['5 - +3', 2],
    ['--5', 5],
    ['-+-5', 5],
    ['7 − 2', 5],
    ['1.5e2 + .5 + 1.', 151.5],
    ['1E-2', 0.01],
  ])('%s = %d', (formula, value) => {
    expect(evaluate(formula)).toBe(value);
  });

  it('blanks mean nothing', () => {
    expect(parseExpression(' x*( x+1 )\t^2\n')).toEqual(parseExpression('x*(x+1)^2'));
  });
});

describe('functions', () => {
  it.each([
    ['exp(x)', Math.exp(0.7)],
    ['log(x)', Math.log(0.7)],
    ['sqrt(x)', Math.sqrt(0.7)],
    ['abs(-x)', 0.7],
    ['tanh(x)', Math.tanh(0.7)],
    ['sigmoid(x)', sigmoid(0.7)],
    ['relu(-x) + relu(x)', 0.7],
    ['softplus(x)', softplus(0.7)],
    ['erf(x)', 100.7],
    ['sin(x)', Math.sin(0.7)],
    ['cos(x)', Math.cos(0.7)],
    ['min(x, 1)', 0.7],
    ['max(x, 1)', 1],
    ['where(x < 0.7, 1, 2)', 2],
    ['where(x <= 0.7, 1, 2)', 1],
    ['where(x > 0.7, 1, 2)', 2],
    ['where(x >= 0.7, 1, 2)', 1],
    ['where(x > 0, x, exp(x) - 1)', 0.7],
    ['min(max(x, 0), where(x < 0, 1, 2)) ^ 2', 0.7 ** 2],
  ])('%s', (formula, value) => {
    expect(evaluate(formula, 0.7)).toBe(value);
  });
});

describe('what is refused, at its character', () => {
  it.each([
    ['', 0, 'the formula ends too early'],
    ['x +', 3, 'the formula ends too early'],
    ['x x', 2, 'unexpected "x"'],
    ['2x', 1, 'unexpected "x"'],
    ['(x', 2, 'expected ")" but found the end'],
    ['x)', 1, 'unexpected ")"'],
    ['* x', 0, 'unexpected "*"'],
    ['x ^ ^ 2', 4, 'unexpected "^"'],
    ['x; y', 1, 'unexpected ";"'],
    ['x + 😀', 4, 'unexpected "😀"'],
    ['x ** 2', 3, 'unexpected "*": a power is written x ^ 2'],
    ['1.2.3', 3, 'unexpected ".3"'],
    ['tanh x', 5, 'expected "(" but found "x"'],
    ['tanh', 4, 'expected "(" but found the end'],
    ['tanh()', 5, 'unexpected ")"'],
    ['tanh(x, x)', 6, 'expected ")" but found ","'],
    ['min(x)', 5, 'expected "," but found ")"'],
    ['where(x, 1, 2)', 7, 'expected a comparison'],
    ['where(x < 1, 2)', 14, 'expected "," but found ")"'],
    ['x < 1', 2, 'unexpected "<"'],
    ['1e99', 0, 'does not fit into float32'],
    ['y + 1', 0, 'unknown name "y"'],
    ['x * sigmund(x)', 4, 'unknown name "sigmund" (did you mean "sigmoid"?)'],
    ['X', 0, 'unknown name "X"'],
    ['x + constructor(1)', 4, 'unknown name "constructor"'],
    ['__proto__', 0, 'unknown name "__proto__"'],
  ])('%s', (formula, position, message) => {
    const error = refusal(formula);
    expect(error.message).toContain(message);
    expect(error.position).toBe(position);
    expect(error.message.endsWith(`at character ${position}`)).toBe(true);
  });

  it('length and depth are limited, without overflowing the stack', () => {
    expect(parseExpression('1'.padStart(MAX_EXPRESSION_LENGTH, ' '))).toEqual({ kind: 'number', value: 1 });
    expect(refusal(`${' '.repeat(MAX_EXPRESSION_LENGTH)}1`).message).toContain('longer than 200');
    for (const nested of ['(', '-', 'tanh(', '2^'])
      expect(refusal(nested.repeat(40)).message).toContain('nested deeper than 32');
  });
});

/** Of a tree: the formula with as few parentheses as the rules above allow, and its value, worked out beside it. */
interface Formula {
  readonly text: string;
  /** How strongly its outermost operator binds: 1 sum, 2 product, 3 sign, 4 power, 5 nothing to bind. */
  readonly binds: number;
  readonly value: (x: number) => number;
}

const within = ({ text, binds }: Formula, least: number) => (binds < least ? `(${text})` : text);

const infix =
  (symbol: string, binds: number, left: number, right: number, f: (a: number, b: number) => number) =>
  (a: Formula, b: Formula): Formula => ({
    text: `${within(a, left)}${symbol}${within(b, right)}`,
    binds,
    value: (x) => f(a.value(x), b.value(x)),
  });

const call =
  (name: string, f: (...values: number[]) => number) =>
  (...of: Formula[]): Formula => ({
    text: `${name}(${of.map(({ text }) => text).join(', ')})`,
    binds: 5,
    value: (x) => f(...of.map(({ value }) => value(x))),
  });

const two = [
  infix(' + ', 1, 1, 2, (a, b) => a + b),
  infix(' - ', 1, 1, 2, (a, b) => a - b),
  infix('*', 2, 2, 3, (a, b) => a * b),
  infix('/', 2, 2, 3, (a, b) => a / b),
  infix('^', 4, 5, 3, (a, b) => a ** b),
  call('min', Math.min),
  call('max', Math.max),
];
const one = [
  (a: Formula): Formula => ({ text: `-${within(a, 3)}`, binds: 3, value: (x) => -a.value(x) }),
  call('tanh', Math.tanh),
  call('sigmoid', sigmoid),
  call('abs', Math.abs),
  call('cos', Math.cos),
];

const leaf: fc.Arbitrary<Formula> = fc.oneof(
  fc.constant<Formula>({ text: 'x', binds: 5, value: (x) => x }),
  fc.integer({ min: 0, max: 9 }).map((n): Formula => ({ text: `${n / 2}`, binds: 5, value: () => n / 2 })),
);

const { formula } = fc.letrec<{ formula: Formula }>((tie) => ({
  formula: fc.oneof(
    { depthSize: 'small', withCrossShrink: true },
    leaf,
    fc.tuple(fc.constantFrom(...one), tie('formula')).map(([f, a]) => f(a)),
    fc.tuple(fc.constantFrom(...two), tie('formula'), tie('formula')).map(([f, a, b]) => f(a, b)),
    fc.tuple(tie('formula'), tie('formula'), tie('formula'), tie('formula')).map(
      ([a, b, c, d]): Formula => ({
        text: `where(${a.text} <= ${b.text}, ${c.text}, ${d.text})`,
        binds: 5,
        value: (x) => (a.value(x) <= b.value(x) ? c.value(x) : d.value(x)),
      }),
    ),
  ),
}));

describe('random formulas', () => {
  it('have the value that was worked out beside them', () => {
    const short = formula.filter(({ text }) => text.length <= MAX_EXPRESSION_LENGTH);
    fc.assert(
      fc.property(short, fc.constantFrom(-2, -0.5, 0, 1, 3), ({ text, value }, x) => {
        expect(evaluate(text, x), text).toBe(value(x));
      }),
      { numRuns: 2000 },
    );
  });

  it('of any characters are parsed or refused at a character of theirs', () => {
    const words = [
      'x',
      '1',
      '.5',
      '+',
      '-',
      '*',
      '/',
      '^',
      '(',
      ')',
      ',',
      '<',
      'tanh',
      'where',
      ' ',
      'é',
      '#',
    ];
    fc.assert(
      fc.property(fc.array(fc.constantFrom(...words), { maxLength: 30 }), (parts) => {
        const text = parts.join('');
        let parsed: Expression;
        try {
          parsed = parseExpression(text);
        } catch (error) {
          expect(error).toBeInstanceOf(ExpressionError);
          const { position } = error as ExpressionError;
          expect(position >= 0 && position <= text.length, text).toBe(true);
          return;
        }
        expect(evaluateExpression(parsed, numbers, 1)).toBeTypeOf('number');
      }),
      { numRuns: 2000 },
    );
  });
});
