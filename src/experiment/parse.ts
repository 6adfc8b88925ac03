/** @file From a request body to an experiment: validated, checked, completed, frozen. */
import { fail, ok, type Result } from '../util/result.ts';
import { checkExperiment } from './checks.ts';
import { completeExperiment } from './complete.ts';
import type { Plan } from './plan.ts';
import { type Problem, problemsOf } from './problems.ts';
import { type Experiment, experimentSchema } from './schema.ts';

export interface ParsedExperiment {
  readonly experiment: Experiment;
  readonly plan: Plan;
}

function freeze<T>(value: T): T {
  if (typeof value === 'object' && value !== null && !Object.isFrozen(value)) {
    Object.freeze(value);
    Object.values(value).forEach(freeze);
  }
  return value;
}

/** Never throws for anything that a client can send; what is wrong comes back as problems with pointers. */
export function parseExperiment(body: unknown): Result<ParsedExperiment, Problem[]> {
  const parsed = experimentSchema.safeParse(body);
  if (!parsed.success) return fail(problemsOf(parsed.error, experimentSchema, body));
  const experiment = freeze(completeExperiment(parsed.data));
  const { problems, plan } = checkExperiment(experiment);
  return plan === null ? fail(problems) : ok({ experiment, plan });
}
