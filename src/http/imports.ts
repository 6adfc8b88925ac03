/** @file Models of other frameworks in requests: read in a thread, their weights kept, refusals as problems. */
import { Readable } from 'node:stream';
import { FileRefused } from '../files/index.ts';
import type { ImportFailure } from '../imports/index.ts';
import type { FileService, ReadModel } from '../jobs/index.ts';
import { refusedFile } from './files.ts';
import type { WantedImport } from './import_work.ts';
import { HttpProblem, validationFailed } from './problem.ts';
import { overQuota } from './upload.ts';

export type KeptModel = Omit<ReadModel, 'weights'> & { readonly initial_weights: { file: string } | null };

/** Nobody reads more. */
const MAX_PARTS = 200;

function refusal(failure: ImportFailure): HttpProblem {
  if (failure.code === 'file_unreadable') return new HttpProblem('file_unreadable', failure.message);
  const { parts } = failure;
  const errors = parts.slice(0, MAX_PARTS).map(({ class: kind, name, message, pointer, alternative }) => ({
    pointer,
    message: `${kind} "${name}": ${message}`,
    ...(alternative !== null && { fix: `the nearest that can be expressed: ${alternative}` }),
    ...{ class: kind, name, alternative },
  }));
  const count = `${parts.length} part${parts.length === 1 ? '' : 's'} of the model cannot be expressed`;
  return new HttpProblem('unsupported_model', count, { errors });
}

/** The same weights are the same file. */
async function keepWeights(weights: Uint8Array, files: FileService): Promise<{ file: string }> {
  const name = 'imported_weights.safetensors';
  const outcome = await files.upload(Readable.from([weights]), { name, options: { kind: 'weights' } });
  if (outcome.kind === 'over_quota') throw overQuota(outcome.used);
  return { file: outcome.file.id };
}

/** @throws HttpProblem unsupported_model, file_unreadable, quota_exceeded; FileRefused */
export async function takeModel(
  content: Readable,
  files: FileService,
  { weights: withWeights, openSize }: Omit<WantedImport, 'file'>,
): Promise<KeptModel> {
  const result = await files.readModel(content, openSize);
  if (!result.ok) throw refusal(result.error);
  const { weights, ...model } = result.value;
  if (weights === null || !withWeights) return { ...model, initial_weights: null };
  const initial_weights = await keepWeights(weights, files);
  return { ...model, training: { ...model.training, initial_weights }, initial_weights };
}

/** The model that an experiment names. @throws HttpProblem */
export async function namedModel({ file, ...wanted }: WantedImport, files: FileService): Promise<KeptModel> {
  const content = await files.content(file);
  if (content === null)
    throw validationFailed([
      {
        pointer: '/import',
        message: `there is no file ${JSON.stringify(file)}`,
        fix: 'upload it with POST /v1/files; GET /v1/files lists those that are there',
      },
    ]);
  return takeModel(content, files, wanted).catch((error: unknown) => {
    throw error instanceof FileRefused ? refusedFile(error) : error;
  });
}
