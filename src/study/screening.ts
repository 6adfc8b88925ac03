/** @file The first round of successive halving: every candidate, and every dose, on one seed and a third of the steps. */
import { type Experiment, planExperiment } from '../experiment/index.ts';
import { applyRemedy, type Candidate, goalOf, goalValue } from '../remedies/index.ts';
import type { ArmRunner } from './arms.ts';

/** Of the steps. */
const SHARE = 1 / 3;

export interface DosePoint {
  readonly dose: number;
  readonly value: number;
}

/** A candidate after the first round. */
export interface Screened {
  /** With the dose that came out best. */
  readonly candidate: Candidate;
  /** Of the goal, after a third of the steps on the first seed. */
  readonly value: number;
  /** Of the baseline, the same. */
  readonly baseline: number;
  /** Every dose, in the order of the remedy; empty where it has none. */
  readonly curve: readonly DosePoint[];
}

/** The same experiment for a third of its steps; nothing is probed, because only the outcome counts. */
function shortened(experiment: Experiment): Experiment {
  const { epochs: _epochs, ...training } = experiment.training;
  const steps = Math.max(1, Math.round(planExperiment(experiment).steps * SHARE));
  return {
    ...experiment,
    training: { ...training, steps },
    diagnostics: { ...experiment.diagnostics, probe_every: 0 },
  };
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

/**
 * Best first. Ties keep the order of the catalogue.
 * @param rules the serious findings
 */
export async function screen(
  experiment: Experiment,
  candidates: readonly Candidate[],
  rules: readonly string[],
  seed: number,
  runner: ArmRunner,
): Promise<Screened[]> {
  const goal = goalOf(rules);
  const run = async (name: string, one: Experiment): Promise<number> => {
    const { traces } = await runner.run(name, shortened(one), [seed]);
    return traces[0] === undefined ? Number.POSITIVE_INFINITY : goalValue(goal, traces[0]);
  };
  const [baseline, ...results] = await Promise.all([
    run('screening/baseline', experiment),
    ...candidates.map(async (candidate): Promise<Omit<Screened, 'baseline'>> => {
      const all = variants(candidate, experiment);
      const values = await Promise.all(
        all.map((variant) =>
          run(`screening/${variant.remedy.remedy}${variant.dose ?? ''}`, variant.experiment),
        ),
      );
      const best = values.reduce((at, value, i) => (value < (values[at] as number) ? i : at), 0);
      return {
        candidate: all[best] as Candidate,
        value: values[best] as number,
        curve: all.flatMap(({ dose }, i) => (dose === null ? [] : [{ dose, value: values[i] as number }])),
      };
    }),
  ]);
  const screened = results.map((one) => ({ ...one, baseline }));
  return screened.toSorted((a, b) => (a.value === b.value ? 0 : a.value - b.value));
}
