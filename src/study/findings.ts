/** @file Which findings are worth a remedy: causes, and consequences whose cause is not known. */
import { type Check, diagnose, rules, seriousFindings } from '../diagnosis/index.ts';
import type { Experiment } from '../experiment/index.ts';
import type { Arm } from '../remedies/index.ts';
import { lossRatio, type Reference, type Trace, validationRatio } from '../statistics/index.ts';

const consequences: ReadonlySet<string> = new Set(
  rules.filter(({ is_consequence }) => is_consequence).map(({ rule }) => rule),
);

const isExplained = ({ rule, caused_by }: Check): boolean =>
  consequences.has(rule) && caused_by.some((cause) => !consequences.has(cause));

/** Names of the findings to treat. */
export const toTreat = (findings: readonly Check[]): string[] =>
  findings.filter((finding) => !isExplained(finding)).map(({ rule }) => rule);

/** A run is asked about again and again, and a diagnosis takes as long as a short training. */
const known = new WeakMap<Trace, readonly Check[]>();

function findingsOfRun(experiment: Experiment, trace: Trace): readonly Check[] {
  const findings = known.get(trace) ?? seriousFindings(diagnose(experiment, [trace]));
  known.set(trace, findings);
  return findings;
}

/** A run that is better than the reference by more of a constant’s loss shows that these data allow what the reference missed. */
const FAR = 0.25;

/** What a run reaches, told as a reference; null where it diverged. */
function reachedBy(trace: Trace, reference: Reference): Reference | null {
  const { divergence, final } = trace;
  const training_ratio = lossRatio(trace);
  if (divergence !== null || !Number.isFinite(training_ratio)) return null;
  const { validation_data_loss: loss } = final;
  const validation_ratio = loss === null ? null : validationRatio(trace, loss);
  const { kind, validation_samples } = reference;
  return { kind, training_ratio, validation_ratio, validation_samples };
}

const worst = ({ training_ratio, validation_ratio }: Reference): number =>
  Math.max(training_ratio, validation_ratio ?? training_ratio);

const held = new WeakMap<readonly Trace[], readonly Trace[]>();

/**
 * The runs of an arm, held against the best of them where that is far better than the reference. Where the reference learns nothing,
 * rules blame the data for a run that learns nothing; but a run of the same experiment on another seed that learns them clears the data.
 */
function heldAgainstBest(traces: readonly Trace[]): readonly Trace[] {
  const before = held.get(traces);
  if (before !== undefined) return before;
  const reached = traces.flatMap((trace) => {
    const reference = trace.reference === null ? null : reachedBy(trace, trace.reference);
    return reference === null ? [] : [reference];
  });
  const [best] = reached.toSorted((a, b) => worst(a) - worst(b));
  const now = traces.map((trace) =>
    best !== undefined && trace.reference !== null && worst(best) + FAR < worst(trace.reference)
      ? { ...trace, reference: best }
      : trace,
  );
  held.set(traces, now);
  return now;
}

/**
 * The share of runs that may have a warning that the others do not have, since with few validation samples rules raise false alarms
 * too: one of the three of a study, then one of five.
 */
export const mayWarn = (runs: number): number => (runs < 5 ? runs / 3 : runs / 5);

/**
 * The serious findings that count against an arm: those of all runs together, critical ones of any single run, and warnings of
 * more runs by themselves than may have one.
 */
export function findingsOfRuns({ experiment, traces, checks }: Arm): Check[] {
  const byRule = new Map<string, Check[]>(seriousFindings(checks).map((finding) => [finding.rule, []]));
  for (const trace of heldAgainstBest(traces)) {
    for (const finding of findingsOfRun(experiment, trace)) {
      byRule.set(finding.rule, [...(byRule.get(finding.rule) ?? []), finding]);
    }
  }
  const together = new Map(seriousFindings(checks).map((finding) => [finding.rule, finding]));
  return [...byRule].flatMap(([rule, findings]) => {
    const counts =
      together.has(rule) ||
      findings.length > mayWarn(traces.length) ||
      findings.some(({ severity }) => severity === 'critical');
    const finding =
      findings.find(({ severity }) => severity === 'critical') ?? findings[0] ?? together.get(rule);
    return counts && finding !== undefined ? [finding] : [];
  });
}

const seedsWith = ({ experiment, traces }: Arm, is: (finding: Check) => boolean): number[] =>
  heldAgainstBest(traces)
    .filter((trace) => findingsOfRun(experiment, trace).some(is))
    .map(({ seed }) => seed);

/** Seeds whose run by itself has a serious finding. */
export const sickSeeds = (arm: Arm): number[] => seedsWith(arm, () => true);

/** Seeds whose run by itself has a critical finding. */
export const criticalSeeds = (arm: Arm): number[] =>
  seedsWith(arm, ({ severity }) => severity === 'critical');
