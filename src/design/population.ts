/** @file Who is tried next: random functions at first, then children of the best; each function once, all foreseen by theory. */
import type { Expression } from '../network/index.ts';
import { createRandom, type Random } from '../util/random.ts';
import { formulaOf, simplify } from './formula.ts';
import { countNodes, cross, draw, MAX_NODES, mutate, usesX } from './grammar.ts';
import { type Foresight, fingerprint, foresee } from './prefilter.ts';

export interface Designed {
  readonly expression: Expression;
  /** In its simplest form; parses back to the function. */
  readonly formula: string;
  readonly generation: number;
  readonly foresight: Foresight;
}

export interface Generation {
  readonly functions: readonly Designed[];
  /** Functions that were made for it, and what became of them. */
  readonly made: number;
  readonly repeated: number;
  readonly rejected: number;
}

/** Made for each one that is kept at least, and at most. */
const [ENOUGH, TOO_MANY] = [20, 400];
/** Of a generation by theory's order; the others at random, so that theory can be judged and cannot rule. */
const BY_THEORY = 0.5;
/** Of the children: changed alone; the others come of two parents. */
const MUTANTS = 0.6;

function child(random: Random, parents: readonly Designed[]): Expression {
  const parent = () => (parents[random.integer(parents.length)] as Designed).expression;
  return random.uniform() < MUTANTS ? mutate(random, parent()) : mutate(random, cross(random, parent(), parent()));
}

/** Deterministic in its seed. */
export class Population {
  readonly #seed: number;
  readonly #depth: number;
  readonly #known = new Set<string>();

  /** @param depth layers that a function stands in, one after another */
  constructor(seed: number, depth: number) {
    this.#seed = seed;
    this.#depth = depth;
  }

  /** @returns whether the function was not met before */
  meet(e: Expression): boolean {
    const print = fingerprint(e);
    if (this.#known.has(print)) return false;
    this.#known.add(print);
    return true;
  }

  /** @param parents best first; none at the beginning */
  next(generation: number, size: number, parents: readonly Designed[]): Generation {
    const random = createRandom(this.#seed, 'design', generation);
    const found: Designed[] = [];
    let [made, repeated, rejected] = [0, 0, 0];
    while (made < TOO_MANY * size && (made < ENOUGH * size || found.length < size)) {
      made++;
      const fresh = parents.length === 0 || random.uniform() < 0.2;
      const expression = simplify(fresh ? draw(random) : child(random, parents));
      if (!usesX(expression) || countNodes(expression) > MAX_NODES) rejected++;
      else if (!this.meet(expression)) repeated++;
      else {
        const foresight = foresee(expression, this.#depth);
        if ('reason' in foresight) rejected++;
        else found.push({ expression, formula: formulaOf(expression), generation, foresight });
      }
    }
    const best = found.toSorted((a, b) => b.foresight.score - a.foresight.score);
    const first = best.slice(0, Math.ceil(size * BY_THEORY));
    const others = random.shuffle(best.slice(first.length)).slice(0, size - first.length);
    return { functions: [...first, ...others], made, repeated, rejected };
  }
}
