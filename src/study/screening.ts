/** @file The first round of successive halving: every candidate, and every dose, on one seed and a third of the steps. */
import { seriousFindings } from '../diagnosis/index.ts';
import { type Experiment, planExperiment } from '../experiment/index.ts';
import { applyRemedy, type Candidate, type Goal, goalValue } from '../remedies/index.ts';
import type { ArmRunner } from './arms.ts';

/** Of the steps. */
export const SCREENING_SHARE = 1 / 3;

export interface DosePoint {
  readonly dose: number;
  readonly value: number;
}

/** What one seed and a third of the steps showed. */
export interface Outcome {
  /** Of the goal; the smaller the better. */
  readonly value: number;
  /** Nothing serious was found. */
  readonly healthy: boolean;
}

/** A candidate after the first round. */
export interface Screened extends Outcome {
  /** With the dose that came out best. */
  readonly candidate: Candidate;
  /** The goal of the baseline, measured in the same way. */
  readonly baseline: number;
  /** Every dose, in the order of the remedy; empty where it has none. */
  readonly curve: readonly DosePoint[];
}

function shortened(experiment: Experiment): Experiment {
  const { epochs: _epochs, ...training } = experiment.training;
  const steps = Math.max(1, Math.round(planExperiment(experiment).steps * SCREENING_SHARE));
  return { ...experiment, training: { ...training, steps } };
}

/** Healthy ones first, then by the goal. */
export const byOutcome = (a: Outcome, b: Outcome): number =>
  Number(b.healthy) - Number(a.healthy) || (a.value === b.value ? 0 : a.value - b.value);

export async function runShortly(
  name: string,
  experiment: Experiment,
  goal: Goal,
  seed: number,
  runner: ArmRunner,
): Promise<Outcome> {
  const { traces, checks } = await runner.run(`screening/${name}`, shortened(experiment), [seed]);
  const value = traces[0] === undefined ? Number.POSITIVE_INFINITY : goalValue(goal, traces[0]);
  return { value, healthy: seriousFindings(checks).length === 0 };
}

/** The candidate in every dose of its remedy, or as it is. */
function variants(candidate: Candidate, experiment: Experiment): Candidate[] {
  const { dose } = candidate.remedy;
  if (dose === undefined) return [candidate];
  return dose.values.flatMap((value) => {
    const applied = applyRemedy(candidate.remedy, experiment, value);
    return 'reason' in applied ? [] : [applied];
  });
}

/** Best first. Ties keep the order of the catalogue. */
export async function screen(
  experiment: Experiment,
  candidates: readonly Candidate[],
  goal: Goal,
  seed: number,
  runner: ArmRunner,
): Promise<Screened[]> {
  // All at once, so that a failure, as of a canceled job, leaves no other one without a listener.
  const [{ value: baseline }, ...results] = await Promise.all([
    runShortly('baseline', experiment, goal, seed, runner),
    ...candidates.map(async (candidate): Promise<Omit<Screened, 'baseline'>> => {
      const tried = await Promise.all(
        variants(candidate, experiment).map(async (variant) => {
          const name = `${variant.remedy.remedy}${variant.dose ?? ''}`;
          return { variant, outcome: await runShortly(name, variant.experiment, goal, seed, runner) };
        }),
      );
      const best = tried.toSorted((a, b) => byOutcome(a.outcome, b.outcome))[0];
      return {
        candidate: best?.variant ?? candidate,
        ...(best?.outcome ?? { value: Number.POSITIVE_INFINITY, healthy: false }),
        curve: tried.flatMap(({ variant: { dose }, outcome: { value } }) =>
          dose === null ? [] : [{ dose, value }],
        ),
      };
    }),
  ]);
  return results.map((one) => ({ ...one, baseline })).toSorted(byOutcome);
}
