/** @file Which findings are worth a remedy: causes, and consequences whose cause is not known. */
import { type Check, diagnose, rules, seriousFindings } from '../diagnosis/index.ts';
import type { Experiment } from '../experiment/index.ts';
import type { Arm } from '../remedies/index.ts';
import type { Trace } from '../statistics/index.ts';

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
  for (const trace of traces) {
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
  traces.filter((trace) => findingsOfRun(experiment, trace).some(is)).map(({ seed }) => seed);

/** Seeds whose run by itself has a serious finding. */
export const sickSeeds = (arm: Arm): number[] => seedsWith(arm, () => true);

/** Seeds whose run by itself has a critical finding. */
export const criticalSeeds = (arm: Arm): number[] =>
  seedsWith(arm, ({ severity }) => severity === 'critical');
