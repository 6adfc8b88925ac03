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

/** The serious findings of each run by itself: empty only where every single run is healthy. */
export function findingsOfRuns({ experiment, traces }: Arm): Check[] {
  const byRule = new Map<string, Check>();
  for (const trace of traces) {
    for (const finding of findingsOfRun(experiment, trace)) {
      if (!byRule.has(finding.rule)) byRule.set(finding.rule, finding);
    }
  }
  return [...byRule.values()];
}

/** Seeds whose run by itself has a serious finding. */
export const sickSeeds = ({ experiment, traces }: Arm): number[] =>
  traces.filter((trace) => findingsOfRun(experiment, trace).length > 0).map(({ seed }) => seed);
