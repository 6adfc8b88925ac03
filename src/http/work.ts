/**
 * @file What requests ask for that takes more than a moment, done in a thread of its own: bytes in, bytes out, so that the
 * event loop neither parses, checks, plans nor predicts anything.
 */
import { wantedImport, withImported } from './import_work.ts';
import { parseJsonBody } from './json_body.ts';
import { fileUse, namedFiles } from './named_files.ts';
import { HttpProblem } from './problem.ts';
import { type Reading, read } from './readings/index.ts';
import { compareGiven } from './routes/activations/compare.ts';
import { evaluateGiven } from './routes/activations/evaluate.ts';
import { diagnoseGiven } from './routes/diagnoses/create.ts';
import { acceptExperiment } from './routes/jobs/create.ts';
import { preflight } from './routes/preflight/create.ts';
import { acceptSearch } from './routes/searches/create.ts';
import type { Work, WorkContext, WorkName, WorkResult } from './work_order.ts';

export { spareMemory } from '../util/spare_memory.ts';
export type { Reading, Work, WorkResult };

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

const refused = ({ code, message, extra }: HttpProblem): WorkResult => ({
  ok: false,
  problem: { code, detail: message, extra },
});

/** Errors become values, because they lose their class between threads. A bug is thrown on. */
export function perform({ name, body, context }: Work): WorkResult {
  try {
    const parsed = parseJsonBody(Buffer.from(body.buffer, body.byteOffset, body.byteLength));
    return { ok: true, value: works[name](parsed, context) };
  } catch (error) {
    if (error instanceof HttpProblem) return refused(error);
    throw error;
  }
}

/** The same for what is read of stored documents. */
export async function performReading(reading: Reading): Promise<WorkResult> {
  try {
    return { ok: true, value: await read(reading) };
  } catch (error) {
    if (error instanceof HttpProblem) return refused(error);
    throw error;
  }
}
