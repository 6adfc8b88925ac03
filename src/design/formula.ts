/** @file An expression as a formula that parses back to it, with as few parentheses as that takes; and its simplest form. */
import type { Expression } from '../network/index.ts';
import { dualAlgebra, evaluateExpression } from '../network/index.ts';
import { childrenOf, withChildren } from './grammar.ts';

const infixes = { add: '+', sub: '-', mul: '*', div: '/', pow: '^' } as const;
const comparisons = { less: '<', lessOrEqual: '<=', greater: '>', greaterOrEqual: '>=' } as const;
/** How tightly a form binds: sum, product, sign, power, atom. */
const [SUM, PRODUCT, SIGN, POWER, ATOM] = [1, 2, 3, 4, 5];
const levels = { add: SUM, sub: SUM, mul: PRODUCT, div: PRODUCT, pow: POWER } as const;

interface Written {
  readonly text: string;
  readonly level: number;
}

const enclosed = ({ text, level }: Written, least: number): string => (level < least ? `(${text})` : text);

function write(e: Expression): Written {
  switch (e.kind) {
    case 'number':
      return { text: String(e.value), level: e.value < 0 ? SIGN : ATOM };
    case 'x':
      return { text: 'x', level: ATOM };
    case 'unary':
      if (e.name === 'neg') return { text: `-${enclosed(write(e.x), SIGN)}`, level: SIGN };
      return { text: `${e.name}(${write(e.x).text})`, level: ATOM };
    case 'binary': {
      if (e.name === 'min' || e.name === 'max')
        return { text: `${e.name}(${write(e.a).text}, ${write(e.b).text})`, level: ATOM };
      const level = levels[e.name];
      // Sums and products group to the left, powers to the right.
      const [left, right] = e.name === 'pow' ? [ATOM, SIGN] : [level, level + 1];
      const a = enclosed(write(e.a), left);
      const b = enclosed(write(e.b), right);
      return { text: e.name === 'pow' ? `${a}^${b}` : `${a} ${infixes[e.name]} ${b}`, level };
    }
    case 'where': {
      const [left, right, a, b] = childrenOf(e).map((child) => write(child).text);
      return { text: `where(${left} ${comparisons[e.name]} ${right}, ${a}, ${b})`, level: ATOM };
    }
  }
}

export const formulaOf = (e: Expression): string => write(e).text;

/** A constant expression as the number that it is. */
function folded(e: Expression): Expression {
  if (e.kind === 'number' || e.kind === 'x' || !childrenOf(e).every(({ kind }) => kind === 'number'))
    return e;
  const { v } = evaluateExpression(e, dualAlgebra, dualAlgebra.constant(Number.NaN));
  return Number.isFinite(v) ? { kind: 'number', value: Number(v.toPrecision(6)) } : e;
}

/** a + −b is a − b, a − −b is a + b, a + a is 2a. */
function withoutSigns(e: Expression): Expression {
  if (e.kind !== 'binary' || (e.name !== 'add' && e.name !== 'sub')) return e;
  const { name, a, b } = e;
  if (b.kind === 'unary' && b.name === 'neg')
    return { kind: 'binary', name: name === 'add' ? 'sub' : 'add', a, b: b.x };
  const isDouble = name === 'add' && formulaOf(a) === formulaOf(b);
  return isDouble ? { kind: 'binary', name: 'mul', a: { kind: 'number', value: 2 }, b: a } : e;
}

/** Equal in value: constants folded, sums without signs. */
export function simplify(e: Expression): Expression {
  const children = childrenOf(e);
  const inner = children.length === 0 ? e : withChildren(e, children.map(simplify));
  const outer = withoutSigns(folded(inner));
  return outer === inner ? outer : simplify(outer);
}

/** φ(−x). */
export function reflect(e: Expression): Expression {
  if (e.kind === 'x') return { kind: 'unary', name: 'neg', x: e };
  const children = childrenOf(e);
  return children.length === 0 ? e : withChildren(e, children.map(reflect));
}
