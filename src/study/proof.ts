/** @file The proof of an option: re-trained on seeds that nothing was chosen by. */
import type { Experiment } from '../experiment/index.ts';
import type { Arm } from '../remedies/index.ts';
import type { ArmRunner, ExpectedArm } from './arms.ts';
import type { Budget } from './budget.ts';
import { criticalSeeds, findingsOfRuns, mayWarn, sickSeeds } from './findings.ts';
import { type Change, keyOf, nameOf } from './option.ts';

export interface Proof {
  readonly arm: Arm;
  readonly holds: boolean;
  /** What is found stands against it. One that ended before its time neither holds nor has failed. */
  readonly failed: boolean;
}

/** With the first of its seeds. */
interface Begun extends Proof {
  readonly from: number;
}

/**
 * Fresh seeds that a proof takes at least, and where the budget allows. What fails on one seed in three passes a proof on one with a
 * probability of 0.67, on three with 0.30, on five with 0.13.
 */
export const MIN_PROOF_SEEDS = 3;
const MAX_PROOF_SEEDS = 5;
/** Of so many seeds one may be sick: rules raise false alarms too. As many are taken where that costs hardly anything. */
const FORGIVING = 10;
/**
 * As many where that costs hardly anything either. What does not learn on one seed in ten passes a proof on five seeds, with five more
 * where one of them does not, with a probability of 0.75, on ten from the start with 0.70, on twenty with 0.38; what does not on one in
 * a hundred passes that with 0.97. What diverges on one in ten passes with 0.59, 0.35 and 0.12.
 */
const STRICT = 20;
/** Of the budget, and a single training in seconds of one core. */
const HARDLY_ANYTHING = { share: 0.1, training_s: 0.5 };
/** The share of the budget that the proof of what is to be recommended may take in the end, whatever a training costs. */
const IN_THE_END = 0.2;

export const proofSeeds = (seeds: number): number => Math.max(STRICT, seeds);

/** Further seeds after the first that it takes to judge a change on all of the study's seeds, and to prove it. */
export const seedsToProve = (seeds: number): number => seeds - 1 + MIN_PROOF_SEEDS;

/** Nothing counts against it, or of at least ten seeds one alone. */
function isSound(arm: Arm): boolean {
  if (findingsOfRuns(arm).length === 0) return true;
  return arm.traces.length >= FORGIVING && sickSeeds(arm).length === 1 && arm.verdict === 'healthy';
}

const judged = (arm: Arm): Proof => {
  const sound = isSound(arm);
  return { arm, holds: sound && arm.traces.length >= MIN_PROOF_SEEDS, failed: !sound };
};

/** Whether as many further seeds can still make it hold: a warning of one seed may be chance, which the others tell. */
function isOpen(arm: Arm, upTo: number, seeds: number): boolean {
  const [critical, sick] = [criticalSeeds(arm).length, sickSeeds(arm).length];
  if (critical === 0 && sick <= mayWarn(upTo)) return true;
  return upTo >= FORGIVING && sick === 1 && arm.traces.length >= seeds;
}

const usualSeeds = (seeds: number): number =>
  Math.max(MIN_PROOF_SEEDS, seeds, Math.min(MAX_PROOF_SEEDS, 2 * seeds));

/** @param seeds of the study */
const isCheap = (experiment: Experiment, upTo: number, seeds: number, budget: Budget): boolean =>
  seeds > 1 &&
  budget.secondsOf(experiment) <= HARDLY_ANYTHING.training_s &&
  budget.costOf(experiment, upTo) <= HARDLY_ANYTHING.share * budget.limit;

const expectedSeeds = (name: string, experiment: Experiment, from: number, length: number): ExpectedArm => ({
  ...{ name, experiment, keepWeights: true },
  seeds: Array.from({ length }, (_, i) => from + i),
});

/** All that it may take: most of what is to be proven can be. */
function expectedProof(
  name: string,
  experiment: Experiment,
  seeds: readonly number[],
  from: number,
  { budget }: ArmRunner,
): ExpectedArm {
  const most = [STRICT, FORGIVING].find((upTo) => isCheap(experiment, upTo, seeds.length, budget));
  const length = most ?? usualSeeds(seeds.length);
  return expectedSeeds(name, experiment, from, length);
}

/**
 * On one seed; as long as it is healthy, on as many as the study has, then on three to five, as far as the budget goes; on ten and then on twenty
 * where these cost hardly anything, and on ten where one of five was not healthy.
 * @param from the first fresh seed
 */
export async function prove(
  name: string,
  experiment: Experiment,
  seeds: readonly number[],
  from: number,
  runner: ArmRunner,
): Promise<Proof> {
  const usual = usualSeeds(seeds.length);
  const fresh = Array.from({ length: proofSeeds(seeds.length) }, (_, i) => from + i);
  const run = (some: readonly number[]) => runner.run(name, experiment, some, true);
  runner.expect('proof', [expectedProof(name, experiment, seeds, from, runner)]);
  let arm = await run(fresh.slice(0, 1));
  for (const upTo of [seeds.length, usual, FORGIVING, STRICT]) {
    const affordable = fresh
      .slice(arm.traces.length, upTo)
      .filter((_, i) => runner.affords(experiment, i + 1));
    // What holds by now is proven further only where that costs hardly anything.
    const isWanted =
      upTo < FORGIVING ||
      isCheap(experiment, upTo, seeds.length, runner.budget) ||
      (upTo === FORGIVING && !isSound(arm));
    if (affordable.length > 0 && isWanted && isOpen(arm, Math.max(upTo, usual), seeds.length))
      arm = runner.join(arm, await run(affordable));
  }
  runner.expect('proof', []);
  return judged(arm);
}

/** On ten seeds, then on twenty, if it was not yet: with what nothing else is to be done with. */
async function proveFurther(
  { name, experiment }: { name: string; experiment: Experiment },
  { arm: begun, from }: Begun,
  seeds: number,
  runner: ArmRunner,
): Promise<Proof> {
  const { budget } = runner;
  let arm = begun;
  const fitting = [FORGIVING, STRICT].filter(
    (upTo) => budget.costOf(experiment, upTo) <= IN_THE_END * budget.limit,
  );
  runner.expect('proof', [expectedSeeds(name, experiment, from, fitting.at(-1) ?? 0)]);
  for (const upTo of fitting) {
    const missing = Array.from({ length: upTo }, (_, i) => from + i).slice(arm.traces.length);
    if (missing.length > 0 && runner.affords(experiment, missing.length) && isOpen(arm, upTo, seeds))
      arm = runner.join(arm, await runner.run(name, experiment, missing, true));
  }
  runner.expect('proof', []);
  return judged(arm);
}

/** All proofs of a study, each on seeds of its own. */
export class Proofs {
  readonly #proofs = new Map<string, Begun>();

  of(change: Change): Proof | undefined {
    return this.#proofs.get(keyOf(change));
  }

  /** The first fresh seed of the next proof. */
  #next(seeds: readonly number[]): number {
    return (seeds.at(-1) ?? 0) + 1 + this.#proofs.size * proofSeeds(seeds.length);
  }

  /** That this will probably be proven next. */
  expect(change: Change, seeds: readonly number[], runner: ArmRunner): void {
    const { experiment } = change;
    runner.expect('proof', [expectedProof(nameOf(change), experiment, seeds, this.#next(seeds), runner)]);
  }

  /** @param seeds of the study */
  async add(change: Change, seeds: readonly number[], runner: ArmRunner): Promise<Arm> {
    const from = this.#next(seeds);
    const proof = await prove(nameOf(change), change.experiment, seeds, from, runner);
    this.#proofs.set(keyOf(change), { ...proof, from });
    return proof.arm;
  }

  /** On more seeds; null where there are none, or they cost too much. @param seeds of the study */
  async extend(change: Change, seeds: readonly number[], runner: ArmRunner): Promise<Arm | null> {
    const before = this.#proofs.get(keyOf(change));
    if (before === undefined || seeds.length === 1) return null;
    const named = { name: nameOf(change), experiment: change.experiment };
    const proof = await proveFurther(named, before, seeds.length, runner);
    if (proof.arm === before.arm) return null;
    this.#proofs.set(keyOf(change), { ...proof, from: before.from });
    return proof.arm;
  }
}
