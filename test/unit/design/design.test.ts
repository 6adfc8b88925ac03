/** @file Functions that a design search makes: their grammar, their formulas, what theory foresees of them. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { formulaOf } from '../../../src/design/formula.ts';
import { countNodes, cross, draw, MAX_NODES, mutate, usesX } from '../../../src/design/grammar.ts';
import { Population } from '../../../src/design/population.ts';
import { type Foresight, fingerprint, foresee, mirroredFingerprint } from '../../../src/design/prefilter.ts';
import { simplest } from '../../../src/design/simplest.ts';
import { activationSchema, parseExpression, resolveActivation } from '../../../src/network/index.ts';
import { activationTheory } from '../../../src/preflight/theory/activation_theory.ts';
import { createRandom } from '../../../src/util/random.ts';

const seeds = fc.integer({ min: 0, max: 2 ** 31 - 1 });

const foreseen = (formula: string, depth: number): Foresight => {
  const result = foresee(parseExpression(formula), depth);
  if ('reason' in result) throw new Error(result.reason);
  return result;
};

describe('the grammar', () => {
  it('draws, changes and crosses functions of x that stay within its size', () => {
    fc.assert(
      fc.property(seeds, (seed) => {
        const random = createRandom(seed);
        const [a, b] = [draw(random), draw(random)];
        for (const e of [a, b, mutate(random, a), cross(random, a, b)]) {
          expect(usesX(e)).toBe(true);
          expect(countNodes(e)).toBeLessThanOrEqual(MAX_NODES);
        }
      }),
    );
  });

  it('writes formulas that the service parses back to the same function, by value and by form', () => {
    fc.assert(
      fc.property(seeds, (seed) => {
        const e = draw(createRandom(seed));
        const formula = formulaOf(e);
        expect(activationSchema.safeParse({ expression: formula }).success).toBe(true);
        expect(fingerprint(parseExpression(formula))).toBe(fingerprint(e));
        expect(formulaOf(parseExpression(formula))).toBe(formula);
      }),
    );
  });

  it('writes no more parentheses than it takes', () => {
    for (const formula of [
      'x * sigmoid(1.7 * x)',
      '-(x - (1 - x)) / (x * (x / 2))',
      'x - 1 - x',
      '(-x)^2',
      '2^x^2',
    ])
      expect(formulaOf(parseExpression(formula))).toBe(formula);
  });
});

describe('the simplest form', () => {
  it.each([
    ['max(sin(x) - 3, tanh(x))', 'tanh(x)'],
    ['-(-x) + 0 * x', 'x'],
    ['x + -relu(x)', 'x - relu(x)'],
    ['relu(relu(abs(x)))', 'abs(x)'],
    ['x * (1 + 1)', 'x * 2'],
    ['x * sigmoid(x)', 'x * sigmoid(x)'],
  ])('of %s is %s', (formula, simple) => {
    expect(formulaOf(simplest(parseExpression(formula)))).toBe(simple);
  });

  it('has the values of the function, and no more nodes', () => {
    fc.assert(
      fc.property(seeds, (seed) => {
        const e = draw(createRandom(seed));
        const simple = simplest(e);
        expect(countNodes(simple)).toBeLessThanOrEqual(countNodes(e));
        // Folded constants keep six digits, fingerprints compare five.
        const [before, after] = [e, simple].map((one) => fingerprint(one).split(' ').map(Number));
        for (const [i, value] of (before ?? []).entries())
          if (Number.isFinite(value))
            expect(Math.abs(value - (after?.[i] as number))).toBeLessThan(1e-3 * (1 + Math.abs(value)));
      }),
    );
  });
});

describe('what theory foresees', () => {
  it('is what the theory of the catalogue says: He for ReLU, the edge of chaos for tanh', () => {
    expect(foreseen('relu(x)', 10).weight_variance).toBeCloseTo(2, 0);
    expect(foreseen('relu(x)', 10).flat).toBeCloseTo(0.5, 1);
    const theory = activationTheory(resolveActivation('tanh'));
    const { weight_variance, log_gradient } = foreseen('tanh(x)', 10);
    let [q, gradient] = [1, 0];
    for (let layer = 0; layer < 10; layer++) {
      gradient += Math.log10(weight_variance * (theory?.slope_square(q) ?? 0)) / 2;
      q = weight_variance * (theory?.mean_square(q) ?? 0);
    }
    expect(log_gradient).toBeCloseTo(gradient, 2);
  });

  it('is better of what trains deep than of what does not', () => {
    expect(foreseen('tanh(x)', 20).score).toBeGreaterThan(foreseen('relu(x)', 20).score);
    expect(foreseen('relu(x)', 20).score).toBeGreaterThan(foreseen('x + 0.05 * relu(x)', 20).score);
  });

  it.each([
    ['exp(x)', 'not a finite number'],
    ['1 / x', 'not a finite number'],
    ['0.5 * x', 'a straight line'],
    ['relu(x - 1)', 'flat for'],
    ['cos(x) * 0.001 + 3', 'no weight scale'],
  ])('refuses %s: %s', (formula, reason) => {
    expect(foresee(parseExpression(formula), 10)).toMatchObject({ reason: expect.stringContaining(reason) });
  });

  it('takes a function and its mirror images for one', () => {
    const prints = ['relu(x)', '-relu(x)', 'relu(-x)', '-relu(-x)'].map((f) =>
      mirroredFingerprint(parseExpression(f)),
    );
    expect(new Set(prints).size).toBe(1);
    expect(mirroredFingerprint(parseExpression('softplus(x)'))).not.toBe(prints[0]);
  });
});

describe('a population', () => {
  it('is the same for a seed, has no function twice, and breeds from its parents', () => {
    const make = (seed: number) => {
      const population = new Population(seed, 8, () => null);
      const first = population.next(1, 6, []);
      const second = population.next(2, 6, first.functions.slice(0, 3));
      return [first, second];
    };
    const [first, second] = make(3);
    expect(make(3)).toEqual([first, second]);
    expect(make(4)).not.toEqual([first, second]);
    const formulas = [first, second].flatMap(
      (generation) => generation?.functions.map(({ formula }) => formula) ?? [],
    );
    expect(formulas).toHaveLength(12);
    expect(new Set(formulas.map((f) => mirroredFingerprint(parseExpression(f)))).size).toBe(12);
  });

  it('asks for a tailored form where no weight scale keeps gradients', () => {
    const asked: string[] = [];
    new Population(0, 30, (formula) => {
      asked.push(formula);
      return null;
    }).next(1, 8, []);
    expect(asked.length).toBeGreaterThan(0);
    for (const formula of asked) expect(foresee(parseExpression(formula), 30)).toHaveProperty('tailor', true);
  });
});
