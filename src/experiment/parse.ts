/** @file From a request body to an experiment: validated, checked, completed, frozen. */
import type { z } from 'zod';
import { fail, ok, type Result } from '../util/result.ts';
import { isSealed } from '../util/sealed.ts';
import { checkExperiment } from './checks.ts';
import { completeExperiment } from './complete.ts';
import { withTargetType } from './file_targets.ts';
import { withOutputShapes } from './output_shapes.ts';
import type { Plan } from './plan.ts';
import { type Problem, parseWith } from './problems.ts';
import { type Experiment, experimentSchema } from './schema.ts';

export interface ParsedExperiment {
  readonly experiment: Experiment;
  readonly plan: Plan;
}

function freeze<T>(value: T): T {
  if (typeof value === 'object' && value !== null && !Object.isFrozen(value) && !isSealed(value)) {
    Object.freeze(value);
    Object.values(value).forEach(freeze);
  }
  return value;
}

/** What a report says instead of the numbers cannot be trained. */
function missingSamples(body: unknown): Problem | null {
  const { data } = (body ?? {}) as { data?: unknown };
  const { type, sha256, inputs } = (data ?? {}) as { type?: unknown; sha256?: unknown; inputs?: unknown };
  if (type !== 'inline' || sha256 === undefined || inputs !== undefined) return null;
  return {
    pointer: '/data',
    message: 'names the data of an earlier request by hash; their numbers are not in it',
    fix: 'add the data: replace sha256 and samples by the inputs and targets, or read the report with ?include=data',
  };
}

/**
 * Never throws for anything that a client can send; what is wrong comes back as problems with pointers.
 * @param asked what the request may hold: its keys are those that a problem names
 */
export function parseExperiment(
  body: unknown,
  asked: z.ZodType = experimentSchema,
): Result<ParsedExperiment, Problem[]> {
  const missing = missingSamples(body);
  if (missing !== null) return fail([missing]);
  const parsed = parseWith(experimentSchema, body, asked);
  if (!parsed.ok) return parsed;
  const experiment = freeze(withOutputShapes(withTargetType(completeExperiment(parsed.value))));
  const { problems, plan } = checkExperiment(experiment);
  return plan === null ? fail(problems) : ok({ experiment, plan });
}
