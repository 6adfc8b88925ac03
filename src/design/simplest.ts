/** @file The simplest form of a function: equal values, fewest nodes. */
import type { Expression } from '../network/index.ts';
import { simplify } from './formula.ts';
import { childrenOf, countNodes, withChildren } from './grammar.ts';
import { fingerprint } from './prefilter.ts';

const descendantsOf = (e: Expression): readonly Expression[] =>
  childrenOf(e).flatMap((child) => [child, ...descendantsOf(child)]);

/** Every expression in which one node gave way to one of those below it. */
function shortened(e: Expression): Expression[] {
  const children = childrenOf(e);
  const below = children.flatMap((child, i) =>
    shortened(child).map((shorter) => withChildren(e, children.with(i, shorter))),
  );
  return [...descendantsOf(e), ...below];
}

/** Nodes give way to what is below them as long as that changes no value: tanh(max(x, −x)) stays, x + 0 and −−x become x. */
export function simplest(e: Expression): Expression {
  const simple = simplify(e);
  const wanted = fingerprint(simple);
  const shorter = shortened(simple)
    .filter((one) => fingerprint(one) === wanted)
    .toSorted((a, b) => countNodes(a) - countNodes(b))[0];
  return shorter === undefined ? simple : simplest(shorter);
}
