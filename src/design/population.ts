/** @file Who is tried next: random functions at first, then children of the best; each function once, all foreseen by theory. */
import { type Expression, parseExpression } from '../network/index.ts';
import { createRandom, type Random } from '../util/random.ts';
import { formulaOf } from './formula.ts';
import { countNodes, cross, draw, MAX_NODES, mutate, usesX } from './grammar.ts';
import { type Foresight, foresee, mirroredFingerprint } from './prefilter.ts';
import { simplest } from './simplest.ts';

export interface Designed {
  readonly expression: Expression;
  /** In its simplest form; parses back to the function. */
  readonly formula: string;
  readonly generation: number;
  readonly foresight: Foresight;
  /** How it is trained: as it is, with kernels of the foreseen variance; or shifted and scaled for the depth. */
  readonly tailored: Tailored | null;
}

/** A function of the same form that keeps lengths and angles over the depth, or null where there is none. */
export type Tailor = (formula: string) => Tailored | null;

export interface Tailored {
  readonly formula: string;
  readonly initializer: string;
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
/** Tailoring takes some ten milliseconds: it is tried among the first so many for each one that is kept. */
const TAILORED = 3;
/** Of the functions after the first generation that have no parents. */
const STRANGERS = 0.2;
/** Of the children: changed alone; the others come of two parents. */
const MUTANTS = 0.6;

const isFunction = (e: Expression): boolean => usesX(e) && countNodes(e) <= MAX_NODES;

function child(random: Random, parents: readonly Designed[]): Expression {
  const parent = () => (parents[random.integer(parents.length)] as Designed).expression;
  return random.uniform() < MUTANTS
    ? mutate(random, parent())
    : mutate(random, cross(random, parent(), parent()));
}

/** Deterministic in its seed. */
export class Population {
  readonly #seed: number;
  readonly #depth: number;
  readonly #tailor: Tailor;
  readonly #known = new Set<string>();

  /** @param depth layers that a function stands in, one after another */
  constructor(seed: number, depth: number, tailor: Tailor) {
    this.#seed = seed;
    this.#depth = depth;
    this.#tailor = tailor;
  }

  /** @returns whether the function was not met before */
  meet(e: Expression): boolean {
    const print = mirroredFingerprint(e);
    if (this.#known.has(print)) return false;
    this.#known.add(print);
    return true;
  }

  #foresee(expression: Expression, mayTailor: boolean): Pick<Designed, 'foresight' | 'tailored'> | null {
    const foresight = foresee(expression, this.#depth);
    if (!('reason' in foresight)) return { foresight, tailored: null };
    const tailored = mayTailor && foresight.tailor === true ? this.#tailor(formulaOf(expression)) : null;
    if (tailored === null) return null;
    const shaped = foresee(parseExpression(tailored.formula), this.#depth);
    return 'reason' in shaped ? null : { foresight: shaped, tailored };
  }

  /** @param parents best first; none at the beginning */
  next(generation: number, size: number, parents: readonly Designed[]): Generation {
    const random = createRandom(this.#seed, 'design', generation);
    const found: Designed[] = [];
    let [made, repeated] = [0, 0];
    while (made < TOO_MANY * size && (made < ENOUGH * size || found.length < size)) {
      made++;
      const fresh = parents.length === 0 || random.uniform() < STRANGERS;
      const expression = simplest(fresh ? draw(random) : child(random, parents));
      if (!isFunction(expression)) continue;
      if (!this.meet(expression)) repeated++;
      else {
        const seen = this.#foresee(expression, made <= TAILORED * size);
        if (seen !== null) found.push({ expression, formula: formulaOf(expression), generation, ...seen });
      }
    }
    const best = found.toSorted((a, b) => b.foresight.score - a.foresight.score);
    const first = best.slice(0, Math.ceil(size * BY_THEORY));
    const rest = best.slice(first.length);
    const order = random.shuffle(rest.map((_, i) => i));
    const others = order.slice(0, size - first.length).map((i) => rest[i] as Designed);
    return { functions: [...first, ...others], made, repeated, rejected: made - repeated - found.length };
  }
}
