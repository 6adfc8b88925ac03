/** @file The recommendation: the smallest change that is good enough, proven on new seeds that had no part in choosing it. */
import { type Experiment, reportedExperiment } from '../experiment/index.ts';
import { codeOf } from '../export/index.ts';
import { type Arm, effectsOf, efforts, patchBetween } from '../remedies/index.ts';
import { byDistance } from './combinations.ts';
import { findingsOfRuns } from './findings.ts';
import {
  isWithin,
  marginAt,
  mean,
  referenceValidation,
  referenceValue,
  type Scale,
  scaleOf,
} from './goal.ts';
import { moves } from './moves.ts';
import {
  bySize,
  isBehind,
  isHealthy,
  isSmaller,
  isTrained,
  nameOf,
  type Option,
  type Trained,
} from './option.ts';
import { MIN_PROOF_SEEDS } from './proof.ts';
import { type BestProven, Pursuit, type PursuitInput } from './pursuit.ts';
import type { Report } from './report.ts';
import { expectOthers, firstWave, inOrder } from './rounds.ts';

type Recommendation = NonNullable<Report['recommendation']>;

export interface Recommended {
  readonly recommendation: Recommendation | null;
  /** Why there is none, or what it falls short of. */
  readonly note: string | null;
  readonly failed: Report['failed_proofs'];
  /** Everything that was re-trained. */
  readonly options: readonly Option[];
}

const UNIMPROVED =
  'It clears what was found, but the loss is not better than chance (the control arms) allows.';

const isVerified = ({ verification }: Trained): boolean => verification.status === 'verified';

/** By the numbers that it was chosen by. */
function goalOfRecommendation({ goal, baseline }: PursuitInput, { option, least }: BestProven) {
  const reference = referenceValue(goal, baseline);
  return {
    metric: goal,
    reached: option.expected,
    best_proven: least,
    reference: Number.isFinite(reference) ? reference : null,
    margin: marginAt(least, scaleOf(goal, baseline.experiment)),
  };
}

/** What a recommendation falls short of. */
export function shortfall(
  { reached, best_proven, reference }: Recommendation['goal'],
  scale: Scale,
): string | null {
  if (reference === null || reached === null || isWithin(reached, reference, scale)) return null;
  const nearest =
    best_proven !== null && isWithin(best_proven, reference, scale)
      ? `a larger change that was proven ${best_proven.toPrecision(3)}, which is within the margin of it.`
      : 'nothing that was proven comes near to that.';
  return `The reference learner reaches ${reference.toPrecision(3)} of a constant’s loss, this ${reached.toPrecision(3)}; ${nearest}`;
}

/**
 * Of samples that were not trained on: whether what was learned is known by heart, where the reference learns the same and it holds. On
 * the split of the first seed, which the reference has too: others are easier or harder.
 */
export function memorized({ validations: [own] }: Option, reference: number): string | null {
  if (own === undefined || !Number.isFinite(reference) || !isBehind([own], [reference])) return null;
  return (
    `On samples of the first seed that were not trained on it reaches ${own.toPrecision(3)} of a constant’s loss, the reference learner ` +
    `${reference.toPrecision(3)}: some of what it learned it knows by heart alone.`
  );
}

function noteOf(
  { option, least, proof }: BestProven,
  input: PursuitInput,
  options: readonly Option[],
): string | null {
  const { goal, baseline } = input;
  const reached = isVerified(option)
    ? shortfall(goalOfRecommendation(input, { option, least, proof }), scaleOf(goal, baseline.experiment))
    : UNIMPROVED;
  // Where the validation loss is the goal, the shortfall tells it.
  const learned = goal === 'final_loss' ? memorized(option, referenceValidation(baseline)) : null;
  const isNothing = mean(option.validations) >= NOTHING_LEARNED;
  const limit = isNothing ? limitOfData(baseline, options).trim() || null : null;
  const notes = [reached, learned, limit].filter((note) => note !== null);
  return notes.length === 0 ? null : notes.join(' ');
}

function recommendationOf(best: BestProven, input: PursuitInput, pursuit: Pursuit): Recommendation {
  const { experiment, baseline, goal } = input;
  const { option, proof } = best;
  return {
    remedies: [...option.remedies],
    patch: patchBetween(experiment, option.experiment),
    experiment: reportedExperiment(option.experiment),
    verdict: proof.verdict,
    seeds: proof.traces.map(({ seed }) => seed),
    goal: goalOfRecommendation(input, best),
    effects: effectsOf(baseline, option.arm, goal),
    alternatives: alternativesTo(option, pursuit, experiment),
    snippets: codeOf(option.experiment),
  };
}

/** On samples that were not trained on, over a constant's loss: chance makes as much of a difference. */
const NOTHING_LEARNED = 0.9;

/** Whether there is something to cure at all: where everything was learned by heart alone, the data are to be looked at first. */
function limitOfData({ traces }: Arm, options: readonly Option[]): string {
  const reached = [
    traces[0]?.reference?.validation_ratio ?? 0,
    // Of one seed, of few samples, chance makes more.
    ...options.filter(isTrained).map(({ validations }) => mean(validations)),
  ];
  return Math.min(...reached) < NOTHING_LEARNED
    ? ''
    : ' There may be nothing to cure: on samples that they were not trained on, the reference learner and all changes that were ' +
        `trained on every seed come no lower than ${Math.min(...reached).toPrecision(3)} of a constant’s loss. Look at the data, or take more of them.`;
}

const UNPROVEN =
  `What was healthy could not be proven: a proof takes ${MIN_PROOF_SEEDS} seeds that chose nothing, and the budget ends before it. ` +
  'Allow more by `remedies.max_trials`, `remedies.min_duration_s` or `remedies.max_duration_s`.';

/** Healthy as far as it was trained, and neither proven nor disproven. */
const isUnproven = (option: Option, failed: Pursuit['failed']): boolean =>
  isHealthy(option) &&
  option.verification?.status !== 'harmful' &&
  failed.every((one) => one.option !== option);

/** What came nearest, and what stood in its way. */
function why(pursuit: Pursuit, { baseline }: PursuitInput): string {
  const best = pursuit.options.toSorted(byDistance)[0];
  if (best === undefined) return 'No remedy could be applied within the budget.';
  const failures = pursuit.failed.map(
    ({ option, proof }) =>
      `${nameOf(option)} (${findingsOfRuns(proof)
        .map(({ rule }) => rule)
        .join(', ')})`,
  );
  const unproven = pursuit.options.some((option) => isUnproven(option, pursuit.failed));
  const reasons = [
    ...(failures.length === 0
      ? []
      : [`What was healthy on the study’s seeds was not so on fresh ones: ${failures.join('; ')}.`]),
    ...(unproven ? [UNPROVEN] : []),
  ];
  const reason =
    reasons.length === 0
      ? 'No remedy or combination made the network healthy on every seed.'
      : reasons.join(' ');
  const found = best.findings.map(({ rule }) => rule).join(', ');
  return `${reason} Nearest came ${nameOf(best)}: ${best.value.toPrecision(3)} of a constant’s loss, found: ${found || 'nothing'}.${limitOfData(baseline, pursuit.options)}`;
}

/** Takes the first move that can be taken, until something is proven that is good enough, or nothing is left to do. */
export async function recommend(input: PursuitInput): Promise<Recommended> {
  const pursuit = new Pursuit(input);
  expectOthers(inOrder(input.screening.screened), input.seeds, input.runner);
  await pursuit.beginAll(firstWave(input.screening, input.candidates));
  for (;;) {
    let moved = false;
    for (const { take } of moves) {
      moved = await take(pursuit);
      if (moved) break;
    }
    if (!moved) break;
  }
  const { best } = pursuit;
  return {
    recommendation: best === null ? null : recommendationOf(best, input, pursuit),
    note: best === null ? why(pursuit, input) : noteOf(best, input, pursuit.options),
    failed: pursuit.failed.map(({ option: { remedies }, proof }) => ({
      remedies: [...remedies],
      seeds: proof.traces.map(({ seed }) => seed),
      found: findingsOfRuns(proof).map(({ rule }) => rule),
    })),
    options: pursuit.options,
  };
}

const MAX_ALTERNATIVES = 4;

/**
 * Smaller changes with a higher loss: those that no other is both smaller and better than. What failed its proof is offered to nobody: it
 * stands among the failed proofs.
 */
export function alternativesTo(
  chosen: Option,
  { options, failed }: Pick<Pursuit, 'options' | 'failed'>,
  experiment: Experiment,
): Recommendation['alternatives'] {
  const front: Trained[] = [];
  const hasFailed = (option: Option) => failed.some((one) => one.option === option);
  for (const option of options.filter(isTrained).toSorted(bySize)) {
    if (hasFailed(option)) continue;
    if (!isSmaller(option, chosen) || !isVerified(option) || option.expected <= chosen.expected) continue;
    if (front.every(({ expected }) => option.expected < expected)) front.push(option);
  }
  return front.slice(-MAX_ALTERNATIVES).map((option) => ({
    remedies: [...option.remedies],
    effort: efforts[option.effort] ?? 'architecture',
    loss: option.expected,
    healthy: isHealthy(option),
    patch: patchBetween(experiment, option.experiment),
  }));
}
