/** @file The diagnosis of traces that were measured elsewhere: what they lack is said in words of a trace, not of settings. */
import type { Experiment } from '../experiment/index.ts';
import type { Trace } from '../statistics/index.ts';
import { present } from '../util/assert.ts';
import type { Check } from './check.ts';
import { diagnose, verdictOf } from './diagnose.ts';
import type { Rule } from './rule.ts';
import { type RuleName, rules } from './rules/index.ts';

const byName = new Map<string, Rule>(rules.map((rule) => [rule.rule, rule]));

/** Explanations that name a setting of a job, where there is none. */
const ofSettings =
  /^(no experiment was given|nothing was probed|no units were counted|nothing was measured|no update|no probed step|no hidden layer was|the inputs are tokens|there is no validation|the targets are not one)/;

function inWordsOfATrace(check: Check): Check {
  if (check.status !== 'not_evaluable') return check;
  const lacking = present(byName.get(check.rule), check.rule).recorded_as;
  if (lacking === null)
    return { ...check, explanation: 'only a job measures what this rule reads: post the experiment as one' };
  if (!ofSettings.test(check.explanation)) return check;
  return { ...check, explanation: `the trace lacks ${lacking}` };
}

export const diagnoseGivenTraces = (experiment: Experiment | null, traces: readonly Trace[]): Check[] =>
  diagnose(experiment, traces).map(inWordsOfATrace);

/** The rules without which a network cannot be called healthy. */
const needed: readonly RuleName[] = ['vanishing_gradient', 'exploding_gradient'];

/** Healthy only where the gradients were looked at: with none measured, nothing that is found means nothing. */
export function verdictOfGiven(checks: readonly Check[]): 'healthy' | 'unhealthy' | 'inconclusive' {
  const verdict = verdictOf(checks);
  if (verdict === 'unhealthy') return verdict;
  const blind = checks.filter(
    ({ rule, status, explanation }) =>
      needed.some((one) => one === rule) &&
      status === 'not_evaluable' &&
      explanation.startsWith('the trace lacks'),
  );
  return blind.length > 0 ? 'inconclusive' : 'healthy';
}

/** One line for each rule that could not run for want of something that a trace can hold. */
export const toMeasure = (checks: readonly Check[]): string[] =>
  checks
    .filter(
      ({ status, explanation }) => status === 'not_evaluable' && explanation.startsWith('the trace lacks'),
    )
    .map(({ rule, explanation }) => `${rule}: ${explanation.replace('the trace lacks ', '')}`);
