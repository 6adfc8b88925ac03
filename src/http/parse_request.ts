/** @file From a body to an experiment, or to the problem that says what is wrong with it. */
import type { z } from 'zod';
import { thresholdProblems } from '../diagnosis/index.ts';
import { type ParsedExperiment, parseExperiment } from '../experiment/index.ts';
import { validationFailed } from './problem.ts';

/**
 * @param at where the experiment stands in the body
 * @param asked what the body may hold there beside the experiment's own keys; the experiment alone unless given
 * @throws HttpProblem validation_failed
 */
export function parseRequest(body: unknown, at = '', asked?: z.ZodType): ParsedExperiment {
  const parsed = parseExperiment(body, asked);
  const problems = parsed.ok ? thresholdProblems(parsed.value.experiment) : parsed.error;
  if (!parsed.ok || problems.length > 0) {
    throw validationFailed(problems.map((problem) => ({ ...problem, pointer: at + problem.pointer })));
  }
  return parsed.value;
}
