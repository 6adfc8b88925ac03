/**
 * @file The functions that a design search goes through: expressions of x, constants, unary and binary functions, of at most
 * `MAX_NODES` nodes; and how new ones come from old ones (Ramachandran et al. 2017, arXiv:1710.05941, searched such a space;
 * Koza 1992 for mutation and crossover of trees).
 */
import type { Expression } from '../network/index.ts';
import type { Random } from '../util/random.ts';

/** Of one function: x · sigmoid(2 · x) has six. */
export const MAX_NODES = 10;

type Unary = Extract<Expression, { kind: 'unary' }>['name'];
type Binary = Extract<Expression, { kind: 'binary' }>['name'];

// Logarithms, roots and powers are left out: most of their trees are undefined for negative x.
const unaries = [
  'neg',
  'abs',
  'exp',
  'tanh',
  'sigmoid',
  'relu',
  'softplus',
  'erf',
  'sin',
  'cos',
] as const satisfies readonly Unary[];
const binaries = ['add', 'sub', 'mul', 'div', 'min', 'max'] as const satisfies readonly Binary[];
const constants = [0.1, 0.25, 0.5, 1, 1.5, 2, 3] as const;

const pick = <T>(random: Random, values: readonly T[]): T => values[random.integer(values.length)] as T;

/** Children in the order in which the formula names them. */
export function childrenOf(e: Expression): readonly Expression[] {
  switch (e.kind) {
    case 'number':
    case 'x':
      return [];
    case 'unary':
      return [e.x];
    case 'binary':
      return [e.a, e.b];
    case 'where':
      return [e.left, e.right, e.a, e.b];
  }
}

/** The same node over other children. */
export function withChildren(e: Expression, children: readonly Expression[]): Expression {
  const [first, second, third, fourth] = children as [Expression, Expression, Expression, Expression];
  switch (e.kind) {
    case 'number':
    case 'x':
      return e;
    case 'unary':
      return { ...e, x: first };
    case 'binary':
      return { ...e, a: first, b: second };
    case 'where':
      return { ...e, left: first, right: second, a: third, b: fourth };
  }
}

export const countNodes = (e: Expression): number =>
  childrenOf(e).reduce((sum, child) => sum + countNodes(child), 1);

export const usesX = (e: Expression): boolean => e.kind === 'x' || childrenOf(e).some(usesX);

/** Two significant digits: a formula is to be read. */
const rounded = (value: number): number => Number(value.toPrecision(2));

const leaf = (random: Random): Expression =>
  random.uniform() < 0.7 ? { kind: 'x' } : { kind: 'number', value: pick(random, constants) };

function grow(random: Random, nodes: number): Expression {
  if (nodes <= 1 || random.uniform() < 0.1) return leaf(random);
  if (nodes === 2 || random.uniform() < 0.4)
    return { kind: 'unary', name: pick(random, unaries), x: grow(random, nodes - 1) };
  const left = 1 + random.integer(nodes - 2);
  return {
    kind: 'binary',
    name: pick(random, binaries),
    a: grow(random, left),
    b: grow(random, nodes - 1 - left),
  };
}

/** A random function of x, of 2 to `MAX_NODES` nodes. */
export function draw(random: Random): Expression {
  for (;;) {
    const e = grow(random, 2 + random.integer(MAX_NODES - 1));
    if (usesX(e)) return e;
  }
}

/** The node at a place, counted in the order of the formula from 0. */
function nodeAt(e: Expression, place: number): Expression {
  if (place === 0) return e;
  let rest = place - 1;
  for (const child of childrenOf(e)) {
    const nodes = countNodes(child);
    if (rest < nodes) return nodeAt(child, rest);
    rest -= nodes;
  }
  throw new RangeError(`no node ${place}`);
}

function replaceAt(e: Expression, place: number, by: Expression): Expression {
  if (place === 0) return by;
  let rest = place - 1;
  let done = false;
  const children = childrenOf(e).map((child) => {
    const nodes = countNodes(child);
    const here = !done && rest < nodes;
    const result = here ? replaceAt(child, rest, by) : child;
    rest -= nodes;
    done ||= here;
    return result;
  });
  return withChildren(e, children);
}

/** Another function at the same node, or another constant. */
function otherNode(random: Random, e: Expression): Expression {
  switch (e.kind) {
    case 'number':
      return { kind: 'number', value: rounded(e.value * Math.exp(0.5 * random.normal())) };
    case 'x':
      return { kind: 'unary', name: pick(random, unaries), x: e };
    case 'unary':
      return { ...e, name: pick(random, unaries) };
    case 'binary':
      return { ...e, name: pick(random, binaries) };
    case 'where':
      return e;
  }
}

const changes: readonly ((random: Random, e: Expression) => Expression)[] = [
  (random) => grow(random, 1 + random.integer(4)),
  otherNode,
  // A node gives way to one of its children.
  (random, e) => (childrenOf(e).length === 0 ? otherNode(random, e) : pick(random, childrenOf(e))),
  // A gate, as in SiLU; and a second term.
  (random, e) => ({
    kind: 'binary',
    name: pick(random, ['mul', 'add', 'max'] as const),
    a: { kind: 'x' },
    b: e,
  }),
  (random, e) => ({
    kind: 'binary',
    name: 'mul',
    a: { kind: 'number', value: pick(random, constants) },
    b: e,
  }),
];

const isOne = (e: Expression): boolean => usesX(e) && countNodes(e) <= MAX_NODES && countNodes(e) > 1;

const ATTEMPTS = 20;

/** One node changed; the function itself where no change gives a function of the grammar. */
export function mutate(random: Random, e: Expression): Expression {
  for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
    const place = random.integer(countNodes(e));
    const changed = replaceAt(e, place, pick(random, changes)(random, nodeAt(e, place)));
    if (isOne(changed)) return changed;
  }
  return e;
}

/** `a` with a part of `b` in place of one of its own. */
export function cross(random: Random, a: Expression, b: Expression): Expression {
  for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
    const part = nodeAt(b, random.integer(countNodes(b)));
    const changed = replaceAt(a, random.integer(countNodes(a)), part);
    if (isOne(changed)) return changed;
  }
  return a;
}
