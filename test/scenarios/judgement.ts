/** @file What outcomes amount to: false alarms, recall, location and cause, and which scenarios are what they claim. */
import type { CureOutcome } from './cure.ts';
import type { Outcome } from './outcome.ts';

/** Below half of a constant's loss an experiment has learned: what makes a scenario healthy, whatever the rules say. */
const LEARNED = 0.5;

export interface Share {
  readonly hits: number;
  readonly total: number;
}

export interface Judgement {
  readonly healthy: number;
  readonly sick: number;
  /** Healthy experiments (the repaired twins among them) that are called unhealthy. */
  readonly false_alarms: Share;
  readonly recall: Share;
  /** Of the sick ones that must name a layer and are found. */
  readonly located: Share;
  /** Of the sick ones that are found: told as a cause, not as the effect of something else. */
  readonly cause: Share;
  /** Of all sick ones: the expected finding is the first of the summary. */
  readonly first: Share;
}

const share = <T>(outcomes: readonly T[], isHit: (outcome: T) => boolean): Share => ({
  hits: outcomes.filter(isHit).length,
  total: outcomes.length,
});

export const fraction = ({ hits, total }: Share): number => (total === 0 ? Number.NaN : hits / total);

export function judge(outcomes: readonly Outcome[]): Judgement {
  const healthy = outcomes.filter(({ recalled }) => recalled === null);
  const sick = outcomes.filter(({ recalled }) => recalled !== null);
  const well = [...healthy.map(({ found }) => found), ...sick.map(({ twin }) => twin?.found ?? [])];
  return {
    healthy: healthy.length,
    sick: sick.length,
    false_alarms: { hits: well.filter((found) => found.length > 0).length, total: well.length },
    recall: share(sick, ({ recalled }) => recalled === true),
    located: share(
      sick.filter(({ located }) => located !== null),
      ({ located }) => located === true,
    ),
    cause: share(
      sick.filter(({ is_cause }) => is_cause !== null),
      ({ is_cause }) => is_cause === true,
    ),
    first: share(sick, ({ expected, found }) => expected.includes(found[0] ?? '')),
  };
}

/** Sicknesses that leave the training loss below half of a constant's. */
const SILENT = /^sick\/(mismatch|overfitting|imbalance|linear)\//;

/** Data that allow little. */
const LIMITED = /^healthy\/limit\//;

/** Why a scenario is not what it claims to be; null where it is. Judged by losses alone, never by the rules. */
export function invalidity({ name, recalled, loss_ratio, twin }: Outcome): string | null {
  if (recalled === null) {
    // Mostly noise by construction: least squares is at its optimum there.
    if (LIMITED.test(name))
      return loss_ratio < 1 ? null : `is worse than a constant: ${loss_ratio.toPrecision(3)}`;
    return loss_ratio < LEARNED ? null : `does not learn: loss ratio ${loss_ratio.toPrecision(3)}`;
  }
  if (loss_ratio < LEARNED && !SILENT.test(name)) return `learns: loss ratio ${loss_ratio.toPrecision(3)}`;
  if (twin !== null && !(twin.loss_ratio < LEARNED)) {
    return `its twin does not learn: loss ratio ${twin.loss_ratio.toPrecision(3)}`;
  }
  return null;
}

export interface CureJudgement {
  /** Of the curable ones: recommendations that hold on fresh seeds. */
  readonly cured: Share;
  /** Control arms that were called verified. */
  readonly controls: Share;
  /** Recommendations within the margin of the best that was verified. */
  readonly within_best: Share;
  /** Best verified remedies that are better than the baseline in the mean of fresh seeds. */
  readonly stays_better: Share;
}

export function judgeCures(cures: readonly CureOutcome[]): CureJudgement {
  const verified = cures.filter(({ stays_better }) => stays_better !== null);
  return {
    cured: share(
      cures.filter(({ curable }) => curable),
      ({ holds }) => holds === true,
    ),
    controls: {
      hits: cures.reduce((sum, { controls }) => sum + controls.verified, 0),
      total: cures.reduce((sum, { controls }) => sum + controls.run, 0),
    },
    within_best: share(
      cures.filter(({ within_best }) => within_best !== null),
      ({ within_best }) => within_best === true,
    ),
    stays_better: {
      hits: verified.filter(({ stays_better }) => stays_better === true).length,
      total: verified.length,
    },
  };
}

/** As far as the repaired twin, in the validation loss, give or take a quarter or a tenth of a constant’s: seeds differ by as much. */
const reaches = (level: number, twin: number): boolean => level <= Math.max(1.25 * twin, twin + 0.1);

/** Not learned, though the twin learns and is healthy. */
export const isHardAndCurable = ({ levels }: CureOutcome): boolean =>
  levels !== null &&
  levels.twin_found.length === 0 &&
  levels.twin < 0.8 &&
  levels.baseline >= Math.max(0.5, 1.25 * levels.twin);

/** Of hard scenarios: healthy on fresh seeds, and as good as the twin. */
export const isCuredAsTwin = ({ fresh, levels }: CureOutcome): boolean =>
  fresh?.found.length === 0 &&
  levels !== null &&
  levels.recommended !== null &&
  reaches(levels.recommended, levels.twin);

export const judgeHard = (cures: readonly CureOutcome[]): CureJudgement => ({
  ...judgeCures(cures),
  cured: share(cures.filter(isHardAndCurable), isCuredAsTwin),
});
