/** @file The recommendation: the smallest change that makes the verdict healthy, proven on seeds that did not choose it. */
import type { Experiment } from '../experiment/index.ts';
import {
  type Arm,
  applyRemedy,
  type Candidate,
  codeOf,
  effectsOf,
  efforts,
  patchBetween,
  type Verification,
} from '../remedies/index.ts';
import type { ArmRunner } from './arms.ts';
import type { Report } from './report.ts';

/** A candidate that was re-trained on the study's seeds. */
export interface Treated {
  readonly candidate: Candidate;
  readonly arm: Arm;
  readonly verification: Verification;
}

type Recommendation = NonNullable<Report['recommendation']>;

/** How many combinations, and how many proofs on fresh seeds, are tried before giving up. */
const MAX_COMBINATIONS = 6;
const MAX_PROOFS = 3;
/** Remedies that a combination may hold. */
const MAX_COMBINED = 3;

interface Option {
  readonly remedies: readonly string[];
  readonly experiment: Experiment;
  readonly effort: number;
  readonly arm: Arm;
}

/** Final training loss without penalty, mean over seeds; ∞ where one diverged. */
export const meanLoss = ({ traces }: Arm): number =>
  traces.reduce(
    (sum, { final }) =>
      sum + (Number.isFinite(final.loss) ? final.loss - final.penalty : Number.POSITIVE_INFINITY),
    0,
  ) / traces.length;

const effortOf = ({ candidate }: Treated): number => efforts.indexOf(candidate.remedy.effort);

/** Fewest remedies, then least effort, then lowest loss. */
const bySize = (a: Option, b: Option): number =>
  a.remedies.length - b.remedies.length || a.effort - b.effort || meanLoss(a.arm) - meanLoss(b.arm);

const toOption = (treated: Treated): Option => ({
  remedies: [treated.candidate.remedy.remedy],
  experiment: treated.candidate.experiment,
  effort: effortOf(treated),
  arm: treated.arm,
});

/** Grows the best remedy by others, greedily, until the verdict is healthy. */
async function combine(
  ranked: readonly Treated[],
  seeds: readonly number[],
  runner: ArmRunner,
): Promise<Option[]> {
  const usable = ranked.filter(({ verification }) => verification.status !== 'harmful');
  const first = usable[0];
  if (first === undefined) return [];
  let best = toOption(first);
  for (let tries = 0, next = 1; tries < MAX_COMBINATIONS && best.remedies.length < MAX_COMBINED; next++) {
    const other = usable[next];
    if (other === undefined) break;
    const applied = applyRemedy(other.candidate.remedy, best.experiment, other.candidate.dose);
    if ('reason' in applied) continue;
    if (!runner.affords(applied.experiment, seeds.length, 1)) break;
    tries++;
    const remedies = [...best.remedies, other.candidate.remedy.remedy];
    const arm = await runner.run(remedies.join('+'), applied.experiment, seeds);
    const grown = {
      remedies,
      experiment: applied.experiment,
      effort: Math.max(best.effort, effortOf(other)),
      arm,
    };
    if (arm.verdict === 'healthy') return [grown];
    if (meanLoss(arm) < meanLoss(best.arm)) best = grown;
  }
  return [];
}

export interface RecommendInput {
  readonly experiment: Experiment;
  readonly baseline: Arm;
  /** Best first. */
  readonly ranked: readonly Treated[];
  readonly seeds: readonly number[];
  /** Neither the study's nor the controls'. */
  readonly freshSeeds: readonly number[];
  readonly runner: ArmRunner;
}

/** Re-trains an option on fresh seeds; null where it is not healthy there. */
async function prove(option: Option, input: RecommendInput): Promise<Recommendation | null> {
  const { experiment, baseline, freshSeeds, runner } = input;
  const proof = await runner.run(option.remedies.join('+'), option.experiment, freshSeeds, true);
  if (proof.verdict !== 'healthy') return null;
  return {
    remedies: [...option.remedies],
    patch: patchBetween(experiment, option.experiment),
    experiment: option.experiment,
    verdict: 'healthy',
    seeds: [...freshSeeds],
    effects: effectsOf(baseline, option.arm),
    snippets: codeOf(option.experiment),
  };
}

/** The recommendation, or why there is none. */
export async function recommend(
  input: RecommendInput,
): Promise<{ recommendation: Recommendation | null; note: string | null }> {
  const { ranked, seeds, runner } = input;
  const single = ranked
    .filter(({ verification, arm }) => verification.status === 'verified' && arm.verdict === 'healthy')
    .map(toOption)
    .sort(bySize);
  const options = single.length > 0 ? single : await combine(ranked, seeds, runner);
  for (const [index, option] of options.slice(0, MAX_PROOFS).entries()) {
    // One proof is always made; more only within the budget.
    if (index > 0 && !runner.affords(option.experiment, seeds.length)) break;
    const recommendation = await prove(option, input);
    if (recommendation !== null) return { recommendation, note: null };
  }
  const best = ranked[0];
  const partial =
    best === undefined
      ? 'No remedy could be applied.'
      : `The best single result was ${best.candidate.remedy.remedy} (${best.verification.status}: ${best.verification.reason}).`;
  const why =
    options.length === 0
      ? 'No remedy or combination made the network healthy.'
      : 'What was healthy on the study’s seeds was not so on fresh ones.';
  return { recommendation: null, note: `${why} ${partial}` };
}
