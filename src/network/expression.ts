/** @file A user's own activation formula: an allow-listed recursive-descent parser onto the activation algebra. */
import { knownInstead } from '../util/nearest.ts';
import type { Algebra } from './algebra.ts';

export const MAX_EXPRESSION_LENGTH = 200;
const MAX_EXPRESSION_DEPTH = 32;

const unaryFunctions = [
  'exp',
  'log',
  'sqrt',
  'abs',
  'tanh',
  'sigmoid',
  'relu',
  'softplus',
  'erf',
  'sin',
  'cos',
] as const;
const binaryFunctions = ['min', 'max'] as const;
const comparisons = { '<': 'less', '<=': 'lessOrEqual', '>': 'greater', '>=': 'greaterOrEqual' } as const;
const infixes = { '+': 'add', '-': 'sub', '*': 'mul', '/': 'div', '^': 'pow' } as const;

type UnaryName = (typeof unaryFunctions)[number] | 'neg';
type BinaryName = (typeof binaryFunctions)[number] | (typeof infixes)[keyof typeof infixes];
type ComparisonName = (typeof comparisons)[keyof typeof comparisons];

export type Expression =
  | { readonly kind: 'number'; readonly value: number }
  | { readonly kind: 'x' }
  | { readonly kind: 'unary'; readonly name: UnaryName; readonly x: Expression }
  | { readonly kind: 'binary'; readonly name: BinaryName; readonly a: Expression; readonly b: Expression }
  | {
      readonly kind: 'where';
      readonly name: ComparisonName;
      readonly left: Expression;
      readonly right: Expression;
      readonly a: Expression;
      readonly b: Expression;
    };

/** What is wrong and at which character, counted from 0. */
export class ExpressionError extends Error {
  override name = 'ExpressionError';
  readonly position: number;
  constructor(message: string, position: number) {
    super(`${message} at character ${position}`);
    this.position = position;
  }
}

interface Token {
  readonly text: string;
  readonly position: number;
  readonly kind: 'number' | 'name' | 'symbol' | 'end';
}

const TOKEN =
  /\s*(?:(\d+\.?\d*(?:[eE][+-]?\d+)?|\.\d+(?:[eE][+-]?\d+)?)|([A-Za-z_]\w*)|(<=|>=|[-−+*/^(),<>]))/y;

function tokenize(source: string): Token[] {
  const tokens: Token[] = [];
  TOKEN.lastIndex = 0;
  let end = 0;
  for (let match = TOKEN.exec(source); match !== null; match = TOKEN.exec(source)) {
    end = TOKEN.lastIndex;
    const [, number, name, symbol] = match;
    const text = number ?? name ?? symbol ?? '';
    const kind = number !== undefined ? 'number' : name !== undefined ? 'name' : 'symbol';
    tokens.push({ text: text === '−' ? '-' : text, position: end - text.length, kind });
  }
  const rest = source.slice(end);
  const position = end + (rest.length - rest.trimStart().length);
  if (position < source.length) {
    throw new ExpressionError(
      `unexpected "${String.fromCodePoint(source.codePointAt(position) ?? 0)}"`,
      position,
    );
  }
  return [...tokens, { text: 'the end', position: source.length, kind: 'end' }];
}

const isOneOf = <T extends string>(names: readonly T[], name: string): name is T =>
  (names as readonly string[]).includes(name);

class Parser {
  readonly #tokens: Token[];
  #next = 0;
  #depth = 0;

  constructor(source: string) {
    this.#tokens = tokenize(source);
  }

  parse(): Expression {
    const expression = this.#sum();
    const token = this.#peek();
    if (token.kind !== 'end') throw new ExpressionError(`unexpected "${token.text}"`, token.position);
    return expression;
  }

  #peek(): Token {
    return this.#tokens[this.#next] as Token;
  }

  #take(): Token {
    const token = this.#peek();
    if (token.kind !== 'end') this.#next++;
    return token;
  }

  #accept(...texts: string[]): string | null {
    const token = this.#peek();
    return token.kind === 'symbol' && texts.includes(token.text) ? this.#take().text : null;
  }

  #expect(text: string): void {
    const token = this.#take();
    if (token.kind !== 'symbol' || token.text !== text) {
      throw new ExpressionError(
        `expected "${text}" but found ${token.kind === 'end' ? 'the end' : `"${token.text}"`}`,
        token.position,
      );
    }
  }

  #nested<T>(parse: () => T): T {
    if (++this.#depth > MAX_EXPRESSION_DEPTH) {
      throw new ExpressionError(`nested deeper than ${MAX_EXPRESSION_DEPTH} levels`, this.#peek().position);
    }
    const result = parse();
    this.#depth--;
    return result;
  }

  #sum(): Expression {
    return this.#nested(() => this.#leftAssociative(['+', '-'], () => this.#product()));
  }

  #product(): Expression {
    return this.#leftAssociative(['*', '/'], () => this.#signed());
  }

  #leftAssociative(symbols: (keyof typeof infixes)[], operand: () => Expression): Expression {
    let a = operand();
    for (let symbol = this.#accept(...symbols); symbol !== null; symbol = this.#accept(...symbols)) {
      a = { kind: 'binary', name: infixes[symbol as keyof typeof infixes], a, b: operand() };
    }
    return a;
  }

  /** A sign binds weaker than a power: −x^2 is −(x²). */
  #signed(): Expression {
    if (this.#accept('+') !== null) return this.#nested(() => this.#signed());
    if (this.#accept('-') !== null)
      return { kind: 'unary', name: 'neg', x: this.#nested(() => this.#signed()) };
    const base = this.#atom();
    // Right-associative: x^2^3 is x^(2^3); the exponent may carry a sign.
    if (this.#accept('^') === null) return base;
    return { kind: 'binary', name: 'pow', a: base, b: this.#nested(() => this.#signed()) };
  }

  #atom(): Expression {
    const token = this.#take();
    if (token.kind === 'number') return { kind: 'number', value: this.#number(token) };
    if (token.text === '(' && token.kind === 'symbol') {
      const inner = this.#sum();
      this.#expect(')');
      return inner;
    }
    if (token.kind === 'name') return token.text === 'x' ? { kind: 'x' } : this.#call(token);
    // What comes here after one is the second of Python's two.
    const hint = token.text === '*' ? ': a power is written x ^ 2' : '';
    throw new ExpressionError(
      token.kind === 'end' ? 'the formula ends too early' : `unexpected "${token.text}"${hint}`,
      token.position,
    );
  }

  #number(token: Token): number {
    const value = Number(token.text);
    if (!Number.isFinite(Math.fround(value))) {
      throw new ExpressionError(`${token.text} does not fit into float32`, token.position);
    }
    return value;
  }

  #call(token: Token): Expression {
    const name = token.text;
    if (name === 'where') return this.#where();
    if (isOneOf(unaryFunctions, name)) {
      this.#expect('(');
      const x = this.#sum();
      this.#expect(')');
      return { kind: 'unary', name, x };
    }
    if (isOneOf(binaryFunctions, name)) {
      this.#expect('(');
      const a = this.#sum();
      this.#expect(',');
      const b = this.#sum();
      this.#expect(')');
      return { kind: 'binary', name, a, b };
    }
    const known = ['x', 'where', ...unaryFunctions, ...binaryFunctions];
    throw new ExpressionError(`unknown name "${name}" (${knownInstead(name, known)})`, token.position);
  }

  #where(): Expression {
    this.#expect('(');
    const left = this.#sum();
    const token = this.#peek();
    const symbol = this.#accept('<', '<=', '>', '>=');
    if (symbol === null) throw new ExpressionError('expected a comparison (<, <=, >, >=)', token.position);
    const right = this.#sum();
    this.#expect(',');
    const a = this.#sum();
    this.#expect(',');
    const b = this.#sum();
    this.#expect(')');
    return { kind: 'where', name: comparisons[symbol as keyof typeof comparisons], left, right, a, b };
  }
}

/**
 * Parses a formula in x. Allowed: numbers, x, + − * / ^, parentheses, exp, log, sqrt, abs, tanh, sigmoid, relu,
 * softplus, erf, sin, cos, min, max, and comparisons as `where(c, a, b)`; nothing else is ever evaluated.
 * @throws ExpressionError with the character at fault
 */
export function parseExpression(source: string): Expression {
  if (source.length > MAX_EXPRESSION_LENGTH) {
    throw new ExpressionError(`longer than ${MAX_EXPRESSION_LENGTH} characters`, MAX_EXPRESSION_LENGTH);
  }
  return new Parser(source).parse();
}

/** How many functions and operators a formula has: what its value costs. */
export function operationsIn(expression: Expression): number {
  const sum = (...parts: Expression[]) => 1 + parts.reduce((total, part) => total + operationsIn(part), 0);
  switch (expression.kind) {
    case 'number':
    case 'x':
      return 0;
    case 'unary':
      return sum(expression.x);
    case 'binary':
      return sum(expression.a, expression.b);
    case 'where':
      return sum(expression.left, expression.right, expression.a, expression.b);
  }
}

/** The formula as a function, for many values: to walk through the formula for each takes far longer. */
export function compileExpression<V, C>(expression: Expression, m: Algebra<V, C>): (x: V) => V {
  switch (expression.kind) {
    case 'number': {
      const value = m.constant(expression.value);
      return () => value;
    }
    case 'x':
      return (x) => x;
    case 'unary': {
      const [apply, inner] = [m[expression.name], compileExpression(expression.x, m)];
      return (x) => apply(inner(x));
    }
    case 'binary': {
      const apply = m[expression.name];
      const [a, b] = [compileExpression(expression.a, m), compileExpression(expression.b, m)];
      return (x) => apply(a(x), b(x));
    }
    case 'where': {
      const compare = m[expression.name];
      const [left, right] = [compileExpression(expression.left, m), compileExpression(expression.right, m)];
      const [a, b] = [compileExpression(expression.a, m), compileExpression(expression.b, m)];
      return (x) => m.where(compare(left(x), right(x)), a(x), b(x));
    }
  }
}

/** The formula's value in any algebra. */
export function evaluateExpression<V, C>(expression: Expression, m: Algebra<V, C>, x: V): V {
  const evaluate = (e: Expression): V => {
    switch (e.kind) {
      case 'number':
        return m.constant(e.value);
      case 'x':
        return x;
      case 'unary':
        return m[e.name](evaluate(e.x));
      case 'binary':
        return m[e.name](evaluate(e.a), evaluate(e.b));
      case 'where':
        return m.where(m[e.name](evaluate(e.left), evaluate(e.right)), evaluate(e.a), evaluate(e.b));
    }
  };
  return evaluate(expression);
}
