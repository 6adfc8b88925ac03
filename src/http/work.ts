/**
 * @file What requests ask for that takes more than a moment, done in a thread of its own: bytes in, bytes out, so that the
 * event loop neither parses, checks, plans nor predicts anything.
 */
import { wantedImport, withImported } from './import_work.ts';
import { parseJsonBody } from './json_body.ts';
import { fileUse, namedFiles } from './named_files.ts';
import { refusalOf } from './refusal.ts';
import { compareGiven } from './routes/activations/compare.ts';
import { evaluateGiven } from './routes/activations/evaluate.ts';
import { diagnoseGiven } from './routes/diagnoses/create.ts';
import { acceptExperiment } from './routes/jobs/create.ts';
import { preflight } from './routes/preflight/create.ts';
import { acceptSearch } from './routes/searches/create.ts';
import type { Work, WorkContext, WorkName, WorkResult } from './work_order.ts';

export { spareMemory } from '../util/spare_memory.ts';
export { type Begun, begin } from '../util/work_time.ts';
export type { Work, WorkResult };

/** By name: answers as JSON. What is wrong with the body is thrown as a HttpProblem. */
const works = {
  acceptExperiment,
  acceptSearch,
  preflight,
  diagnose: diagnoseGiven,
  compare: compareGiven,
  evaluate: evaluateGiven,
  wantedImport,
  withImported,
  namedFiles,
  fileUse,
} satisfies Record<WorkName, (body: unknown, context: WorkContext) => unknown>;

export function perform({ name, body, context }: Work): WorkResult {
  try {
    const parsed = parseJsonBody(Buffer.from(body.buffer, body.byteOffset, body.byteLength));
    return { ok: true, value: works[name](parsed, context) };
  } catch (error) {
    return refusalOf(error);
  }
}
