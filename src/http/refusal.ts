/** @file A problem as a value: errors lose their class between threads. */
import { HttpProblem } from './problem.ts';
import type { WorkResult } from './work_order.ts';

/** A bug is thrown on. */
export function refusalOf(error: unknown): WorkResult {
  if (!(error instanceof HttpProblem)) throw error;
  const { code, message, extra } = error;
  return { ok: false, problem: { code, detail: message, extra } };
}
