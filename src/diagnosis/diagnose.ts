/** @file From the traces of a baseline to checks: every rule answers, with evidence either way. */
import type { Experiment } from '../experiment/index.ts';
import type { Trace } from '../statistics/index.ts';
import { isHint, withCauses } from './causes.ts';
import type { Check, Evidence } from './check.ts';
import type { Rule, SeedResult } from './rule.ts';
import { rules } from './rules/index.ts';
import { isBeyond, text } from './wording.ts';

type Evaluated = Extract<SeedResult, { kind: 'evaluated' }> & { readonly seed: number };

const empty = { severity: null, layers: [], first_step: null, seeds: [], evidence: [], caused_by: [] };

/** With the seed, and the side on which health is. */
const evidenceOf = (rule: Rule, { evidence, seed }: Evaluated): Evidence[] =>
  evidence.map((one) => ({
    ...one,
    healthy: one.threshold === null ? null : (one.healthy ?? rule.thresholds[one.metric]?.healthy ?? 'below'),
    seed,
  }));

/** What is beyond its threshold stands first; the order of seeds and metrics is kept. */
const beyondFirst = (evidence: readonly Evidence[]): Evidence[] =>
  evidence.toSorted((a, b) => Number(isBeyond(b)) - Number(isBeyond(a)));

/** What a rule needs and is not there; null where it has all. */
function missing(rule: Rule, experiment: Experiment | null, traces: readonly Trace[]): string | null {
  if (rule.needs.includes('experiment') && experiment === null) return 'no experiment was given';
  const unprobed = traces.every(({ series }) => series.length === 0);
  if (rule.needs.includes('probed_series') && unprobed)
    return 'nothing was probed (diagnostics.probe_every is 0)';
  if (rule.needs.includes('unit_passes') && experiment === null) {
    if (traces.every(({ unit_passes }) => unit_passes.length === 0)) return 'no units were counted';
  }
  return null;
}

/** Thresholds of a request, by rule and name. */
export type GivenThresholds = Experiment['diagnostics']['rules'];

/** Why nothing was found: all values are healthy, or one is not, but the rule asks for more than that one. */
function whyClear(evidence: readonly Evidence[]): string {
  const [first] = evidence.filter(isBeyond);
  if (first === undefined) return 'Every measured value is on the healthy side of its threshold.';
  const { metric, value, threshold, seed } = first;
  return (
    `${metric} is ${text(value)} on seed ${seed}, beyond ${text(threshold)}; by itself, in a training like this one, that is ` +
    'no finding.'
  );
}

const minority = (found: readonly Evaluated[], traces: readonly Trace[]): string =>
  ` Only ${found.length} of ${traces.length} seeds show it, so that it does not make the verdict.`;

function checkFound(
  rule: Rule,
  found: readonly Evaluated[],
  traces: readonly Trace[],
  experiment: Experiment | null,
): Check {
  // A minority of seeds is told, but does not make the verdict.
  const enough = rule.quorum === 'any' || found.length * 2 > traces.length;
  const order = ['critical', 'warning', 'info'] as const;
  const worst = order.find((severity) => found.some((result) => result.severity === severity)) ?? 'info';
  const layers = [...new Set(found.flatMap((result) => result.layers))];
  const evidence = beyondFirst(found.flatMap((result) => evidenceOf(rule, result)));
  const steps = found.flatMap(({ first_step }) => (first_step === null ? [] : [first_step]));
  return {
    rule: rule.rule,
    status: 'found',
    severity: enough ? worst : 'info',
    layers,
    first_step: steps.length === 0 ? null : Math.min(...steps),
    seeds: found.map(({ seed }) => seed),
    evidence,
    explanation:
      rule.explain({ layers, evidence, traces, experiment }) + (enough ? '' : minority(found, traces)),
    caused_by: [],
  };
}

function check(
  rule: Rule,
  experiment: Experiment | null,
  traces: readonly Trace[],
  given: GivenThresholds,
): Check {
  const lacking = missing(rule, experiment, traces);
  if (lacking !== null) return { ...empty, rule: rule.rule, status: 'not_evaluable', explanation: lacking };
  // Rules that read the experiment say so in `needs`: they do not get here without one.
  const known = experiment as Experiment;
  const results = traces.map((trace) => ({
    seed: trace.seed,
    ...rule.examine(trace, known, given[rule.rule]),
  }));
  const evaluated = results.filter((result) => result.kind === 'evaluated');
  if (evaluated.length === 0) {
    const reasons = results.flatMap((result) => (result.kind === 'not_evaluable' ? [result.reason] : []));
    return {
      ...empty,
      rule: rule.rule,
      status: 'not_evaluable',
      explanation: [...new Set(reasons)].join('; '),
    };
  }
  const found = evaluated.filter((result) => result.found);
  if (found.length > 0) return checkFound(rule, found, traces, experiment);
  const evidence = evaluated.flatMap((result) => evidenceOf(rule, result));
  return { ...empty, rule: rule.rule, status: 'clear', evidence, explanation: whyClear(evidence) };
}

interface OfOneRun {
  readonly experiment: Experiment | null;
  readonly given: GivenThresholds;
  readonly checks: readonly Check[];
}

/** A study asks for the same run as an arm, beside the other runs of the arm, and against the baseline. */
const ofOneRun = new WeakMap<Trace, OfOneRun>();

/**
 * Every rule's check, in the order of the catalogue. A rule that throws becomes an `error`; the others go on. Of a single run made
 * once for its trace, which nothing changes: a diagnosis takes as long as a short training.
 */
export function diagnose(
  experiment: Experiment | null,
  traces: readonly Trace[],
  given: GivenThresholds = experiment?.diagnostics.rules ?? {},
): Check[] {
  const [trace] = traces;
  if (trace === undefined || traces.length > 1) return examined(experiment, traces, given);
  const known = ofOneRun.get(trace);
  if (known !== undefined && known.experiment === experiment && known.given === given)
    return [...known.checks];
  const checks = examined(experiment, traces, given);
  ofOneRun.set(trace, { experiment, given, checks });
  return [...checks];
}

function examined(experiment: Experiment | null, traces: readonly Trace[], given: GivenThresholds): Check[] {
  const checks = rules.map((rule): Check => {
    try {
      return check(rule, experiment, traces, given);
    } catch (error) {
      const detail = error instanceof Error ? error.message : String(error);
      return { ...empty, rule: rule.rule, status: 'error', explanation: `The rule failed: ${detail}` };
    }
  });
  return withCauses(checks);
}

/** Whether the whole output is dead: it gives the same number for every sample, whatever else is changed. */
const isDeadOutput = ({ evidence }: Check): boolean =>
  evidence.some(({ metric, value }) => metric === 'dead_output_fraction' && value === 1);

/**
 * The place of a finding in the summary. First an output that cannot give what the loss asks for: nothing else helps before that.
 * Then findings that no other explains, then those of them that are only hints, then the rest.
 */
function rankOf(check: Check): number {
  if (check.caused_by.length > 0) return 3;
  if (isHint(check)) return 2;
  const cannotAnswer = check.rule === 'loss_output_mismatch' || isDeadOutput(check);
  return cannotAnswer && check.severity === 'critical' ? 0 : 1;
}

/** Findings that cost something: these make a network unhealthy. Roots come first. */
export const seriousFindings = (checks: readonly Check[]): Check[] =>
  checks
    .filter(({ status, severity }) => status === 'found' && severity !== 'info')
    .toSorted((a, b) => rankOf(a) - rankOf(b));

/** Which finding is told first. */
export const rootCauseOf = (checks: readonly Check[]): string | null =>
  seriousFindings(checks)[0]?.rule ?? null;

export const verdictOf = (checks: readonly Check[]): 'healthy' | 'unhealthy' =>
  seriousFindings(checks).length > 0 ? 'unhealthy' : 'healthy';
