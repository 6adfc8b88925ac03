/** @file The entry of a thread that reads models of other frameworks. What is wrong with a model comes back as a value. */
import { readFile } from 'node:fs/promises';
import { begin, encodeWeights, importModel } from '../src/imports/index.ts';
import type { ImportTaskResult, TimedImportTask } from '../src/jobs/index.ts';

export default async function runImport({
  path,
  openSize,
  begun,
}: TimedImportTask): Promise<ImportTaskResult> {
  begin(begun);
  const result = await importModel(await readFile(path), openSize);
  if (!result.ok) return result;
  const { weights, ...model } = result.value;
  const encoded = weights === null ? null : encodeWeights(weights, model.format);
  return { ok: true, value: { ...model, weights: encoded } };
}
