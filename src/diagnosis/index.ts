/** @file The folder's door: rules from Trace and experiment to checks. */
export {
  type Check,
  checkSchema,
  type Evidence,
  nonFiniteSchema,
  numberSchema,
  rootCauseSchema,
  type Severity,
} from './check.ts';
export { diagnose, rootCauseOf, seriousFindings, verdictOf } from './diagnose.ts';
export { isCutShort, learnsWithTrial, progressOf } from './evidence/progress.ts';
export { diagnoseGivenTraces, toMeasure, verdictOfGiven } from './given_diagnosis.ts';
export { networkProblems } from './given_network.ts';
export { givenTracesSchema, traceOfGiven } from './given_trace.ts';
export { verdictOfJob, verdicts } from './job_verdict.ts';
export { readSeries } from './read_series.ts';
export type { Rule, Threshold } from './rule.ts';
export { type RuleName, rules } from './rules/index.ts';
export { staticFindingSchema, staticFindings } from './static_findings.ts';
export { thresholdProblems } from './threshold_problems.ts';
export { packPart, type TraceBytes, unpackTrace } from './trace_bytes.ts';
