/** @file POST /v1/imports: a model of another framework → network and training. */
import { z } from 'zod';
import { modelFormats } from '../../../imports/index.ts';
import { defineEndpoint, json } from '../../endpoint.ts';
import { MAX_OPEN_SIZE, OPEN_SIZE } from '../../import_work.ts';
import { takeModel } from '../../imports.ts';
import { takeUpload } from '../../upload.ts';

const importSchema = z
  .object({
    format: z.enum(modelFormats),
    network: z.record(z.string(), z.unknown()).describe('As in an experiment'),
    training: z
      .record(z.string(), z.unknown())
      .describe('As in an experiment: what the file says; the rest is filled in (see `warnings`)'),
    initial_weights: z
      .object({ file: z.string() })
      .nullable()
      .describe('The file in which its weights are stored; `training` names it, too'),
    warnings: z.array(z.string()).describe('What was changed, filled in, or cannot be known'),
    omitted: z
      .array(z.object({ class: z.string(), name: z.string(), reason: z.string() }))
      .describe('Parts that were left out because they do not change the outputs'),
  })
  .meta({ id: 'Import' });

const query = z.strictObject({
  open_size: z.coerce.number().int().min(1).max(MAX_OPEN_SIZE).optional().describe(OPEN_SIZE),
});

export const createImport = defineEndpoint({
  method: 'POST',
  url: '/v1/imports',
  operationId: 'createImport',
  tag: 'imports',
  summary: 'Import a model',
  description:
    'Takes a model of another framework as the body: Keras JSON (`model.to_json()`, Keras 2 and 3), TensorFlow.js layers JSON, a ' +
    '`.keras` archive or whole-model HDF5 file with its weights, or an ONNX file. The answer contains `network` and `training` as in an experiment: add `data` and post it. If parts of the model cannot be expressed, the answer lists all of them. Code inside a model is never run.',
  query,
  upload: true,
  responses: { 200: json('The model can be expressed', importSchema) },
  errors: ['unsupported_model'],
  answer: async ({ query: { open_size: openSize = null }, request, reply }, { files }) =>
    reply.send(
      await takeUpload(request, (content) => takeModel(content, files, { weights: true, openSize })),
    ),
});
