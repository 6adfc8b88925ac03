/** @file From a body to an experiment, or to the problem that says what is wrong with it. */
import { thresholdProblems } from '../diagnosis/index.ts';
import { type ParsedExperiment, parseExperiment } from '../experiment/index.ts';
import { validationFailed } from './problem.ts';

/** @throws HttpProblem validation_failed */
export function parseRequest(body: unknown): ParsedExperiment {
  const parsed = parseExperiment(body);
  if (!parsed.ok) throw validationFailed(parsed.error);
  const problems = thresholdProblems(parsed.value.experiment);
  if (problems.length > 0) throw validationFailed(problems);
  return parsed.value;
}
