/** @file The proof of an option: re-trained on seeds that nothing was chosen by. */
import type { Arm } from '../remedies/index.ts';
import type { ArmRunner } from './arms.ts';
import { sickSeeds } from './causes.ts';
import { nameOf, type Trained } from './option.ts';

export interface Proof {
  readonly arm: Arm;
  readonly holds: boolean;
}

/** Fresh seeds that a proof takes at least, and where the budget allows. */
export const MIN_PROOF_SEEDS = 1;
const MAX_PROOF_SEEDS = 5;
/** Of so many seeds one may be sick: rules raise false alarms too. */
const FORGIVING = 5;

export const proofSeeds = (seeds: number): number => Math.max(seeds, Math.min(MAX_PROOF_SEEDS, 2 * seeds));

function holds(arm: Arm): boolean {
  const sick = sickSeeds(arm).length;
  return sick === 0 || (sick === 1 && arm.traces.length >= FORGIVING && arm.verdict === 'healthy');
}

/**
 * On one seed; as long as it is healthy, on as many as the study has, and on more, as far as the budget goes.
 * @param from the first fresh seed
 */
export async function prove(
  option: Trained,
  seeds: readonly number[],
  from: number,
  runner: ArmRunner,
): Promise<Proof> {
  const count = proofSeeds(seeds.length);
  const fresh = Array.from({ length: count }, (_, i) => from + i);
  const run = (some: readonly number[]) => runner.run(nameOf(option), option.experiment, some, true);
  let arm = await run(fresh.slice(0, 1));
  for (const upTo of [seeds.length, count]) {
    const affordable = fresh
      .slice(arm.traces.length, upTo)
      .filter((_, i) => runner.affords(option.experiment, i + 1));
    const lost = sickSeeds(arm).length > (count >= FORGIVING ? 1 : 0);
    if (affordable.length > 0 && !lost) arm = runner.join(arm, await run(affordable));
  }
  return { arm, holds: holds(arm) };
}
