/** @file POST /v1/diagnoses: the rules on a training that was measured elsewhere. */

import { z } from 'zod';
import {
  checkSchema,
  diagnoseGivenTraces,
  givenTracesSchema,
  networkProblems,
  rootCauseOf,
  rootCauseSchema,
  seriousFindings,
  toMeasure,
  traceOfGiven,
  verdictOfGiven,
} from '../../../diagnosis/index.ts';
import { type Experiment, experimentSchema, parseWith } from '../../../experiment/index.ts';
import { codeOf } from '../../../export/index.ts';
import {
  byCures,
  isPointless,
  patchSchema,
  propose,
  remedies,
  snippetsSchema,
} from '../../../remedies/index.ts';
import { encodeNonFinite, pointerOf } from '../../../util/json.ts';
import { list } from '../../../util/list.ts';
import { defineEndpoint, json } from '../../endpoint.ts';
import { traceExamples } from '../../example_requests.ts';
import { parseRequest } from '../../parse_request.ts';
import { validationFailed } from '../../problem.ts';
import { answerWork } from '../../request_work.ts';

const bodySchema = z
  .strictObject({
    traces: givenTracesSchema.describe('One for each seed; the Python package in python/ records them'),
    experiment: experimentSchema
      .nullable()
      .default(null)
      .describe(
        'The experiment that was trained, if it can be expressed: one of another network is refused. Remedies then come with patches and code',
      ),
  })
  .meta({ id: 'DiagnosisRequest' });

/** The experiment is parsed by itself, once. */
const givenSchema = bodySchema.extend({ experiment: z.unknown().optional() });

const remedySchema = z.object({
  remedy: z.string(),
  rank: z
    .int()
    .describe('1 is the remedy that most often cured such findings when we tried it (docs/remedies.md)'),
  suggested: z.boolean().describe('Whether it is one of the three to try first'),
  title: z.string(),
  rationale: z.string(),
  treats: list(z.string()),
  effort: z.string(),
  verification: z.object({ status: z.literal('not_run'), reason: z.string() }),
  patch: patchSchema.nullable().describe('A patch against the experiment; null if none was given'),
  snippets: snippetsSchema.nullable(),
});

const responseSchema = z
  .object({
    verdict: z
      .enum(['healthy', 'unhealthy', 'inconclusive'])
      .describe('`inconclusive`: nothing was found, but the gradients could not be judged'),
    root_cause: rootCauseSchema,
    to_measure: list(z.string()).describe('What is missing from the trace, and how to record it'),
    checks: list(checkSchema),
    remedies: list(remedySchema).describe('Proposed, not verified: nothing was trained here'),
    not_applicable: list(z.object({ remedy: z.string(), reason: z.string() })),
  })
  .meta({ id: 'Diagnosis' });

const verification = {
  status: 'not_run',
  reason: 'nothing was trained here; post the experiment as a job',
} as const;

/** With every default filled in and checked as a job's would be. */
const experimentOf = (raw: unknown): Experiment | null =>
  raw === null || raw === undefined ? null : parseRequest(raw, '/experiment').experiment;

/** @throws HttpProblem validation_failed where the traces are of another network */
function checkNetwork(experiment: Experiment, traces: Parameters<typeof networkProblems>[0]): void {
  const problems = networkProblems(traces, experiment);
  if (problems.length === 0) return;
  throw validationFailed(
    problems.map(({ path, message, fix }) => ({ pointer: pointerOf(path), message, fix })),
  );
}

/** So many are to be tried first. */
const SUGGESTED = 3;

/** In a request thread. */
export function diagnoseGiven(body: unknown): string {
  const parsed = parseWith(givenSchema, body, bodySchema);
  if (!parsed.ok) throw validationFailed(parsed.error);
  const experiment = experimentOf(parsed.value.experiment);
  if (experiment !== null) checkNetwork(experiment, parsed.value.traces);
  const traces = parsed.value.traces.map(traceOfGiven);
  const checks = diagnoseGivenTraces(experiment, traces);
  const findings = seriousFindings(checks);
  const rules = findings.map(({ rule }) => rule);
  const proposal = experiment === null ? null : propose(experiment, rules);
  const order = byCures(findings);
  const candidates = (
    proposal?.candidates ??
    remedies
      .filter((remedy) => remedy.treats.some((rule) => rules.includes(rule)))
      .filter((remedy) => traces.every((trace) => !isPointless(remedy, trace)))
      .map((remedy) => ({ remedy, patch: null, experiment: null }))
  ).toSorted((a, b) => order(a.remedy, b.remedy));
  return JSON.stringify(
    encodeNonFinite({
      verdict: verdictOfGiven(checks),
      root_cause: rootCauseOf(checks),
      to_measure: toMeasure(checks),
      checks,
      remedies: candidates.map(
        ({ remedy: { remedy, title, rationale, treats, effort }, patch, experiment: changed }, i) => ({
          ...{
            remedy,
            rank: i + 1,
            suggested: i < SUGGESTED,
            title,
            rationale,
            treats,
            effort,
            verification,
            patch,
          },
          snippets: changed === null ? null : codeOf(changed),
        }),
      ),
      not_applicable: proposal?.not_applicable ?? [],
    }),
  );
}

export const createDiagnosis = defineEndpoint({
  method: 'POST',
  url: '/v1/diagnoses',
  operationId: 'createDiagnosis',
  tag: 'diagnoses',
  summary: 'Diagnose a training of your own',
  description:
    'Takes the measurements of a training that ran elsewhere (PyTorch, Keras, …) and answers with the same checks as a job. A check whose measurements are missing is not_evaluable. Remedies are proposed, not verified.',
  body: { schema: bodySchema, examples: traceExamples },
  responses: { 200: json('The diagnosis', responseSchema) },
  answer: answerWork('diagnose'),
});
