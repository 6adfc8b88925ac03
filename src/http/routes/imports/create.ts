/** @file POST /v1/imports: a model of another framework → network and training. */
import { Readable } from 'node:stream';
import { z } from 'zod';
import { type ImportFailure, modelFormats } from '../../../imports/index.ts';
import type { FileService, ReadModel } from '../../../jobs/index.ts';
import { type Endpoint, json } from '../../endpoint.ts';
import { HttpProblem } from '../../problem.ts';
import { overQuota, takeUpload, uploadErrors } from '../../upload.ts';

const importSchema = z
  .object({
    format: z.enum(modelFormats),
    network: z.record(z.string(), z.unknown()).describe('As in an experiment'),
    training: z
      .record(z.string(), z.unknown())
      .describe('As in an experiment: what the file says, the rest filled in (see `warnings`)'),
    initial_weights: z
      .object({ file: z.string() })
      .nullable()
      .describe('The file in which its weights were kept; `training` names it, too'),
    warnings: z.array(z.string()).describe('What was changed, filled in, or cannot be known'),
    omitted: z
      .array(z.object({ class: z.string(), name: z.string(), reason: z.string() }))
      .describe('Parts without which the outputs are the same'),
  })
  .meta({ id: 'Import' });

type Import = z.output<typeof importSchema>;

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

async function keepWeights(weights: Uint8Array, files: FileService): Promise<{ file: string }> {
  const name = 'imported_weights.safetensors';
  const outcome = await files.upload(Readable.from([weights]), { name, options: { kind: 'weights' } });
  if (outcome.kind === 'over_quota') throw overQuota(outcome.used);
  return { file: outcome.file.id };
}

async function withWeights({ weights, ...model }: ReadModel, files: FileService): Promise<Import> {
  const initial_weights = weights === null ? null : await keepWeights(weights, files);
  const training = initial_weights === null ? model.training : { ...model.training, initial_weights };
  return { ...model, training, initial_weights } as unknown as Import;
}

export const createImport: Endpoint = {
  method: 'POST',
  url: '/v1/imports',
  operationId: 'createImport',
  tag: 'imports',
  summary: 'Import a model',
  description:
    'Takes a model of another framework as the body: Keras JSON (`model.to_json()`, Keras 2 and 3), TensorFlow.js layers JSON, a ' +
    '`.keras` archive or whole-model HDF5 file with its weights, or an ONNX file. Answers with network and training in the words of ' +
    'an experiment: add `data` and post it. What cannot be expressed is listed all at once. Code in models is never run.',
  upload: true,
  responses: { 200: json('The model can be expressed', importSchema) },
  errors: ['unsupported_model', ...uploadErrors],
  handle: async (request, reply, { files }) =>
    reply.send(
      await takeUpload(request, async (content) => {
        const result = await files.readModel(content);
        if (!result.ok) throw refusal(result.error);
        return withWeights(result.value, files);
      }),
    ),
};
