/** @file POST /v1/files: takes the bytes of a file as they come. */
import { z } from 'zod';
import { fileKinds } from '../../../files/index.ts';
import { fileSchema } from '../../../jobs/index.ts';
import { defineEndpoint, json } from '../../endpoint.ts';
import { overQuota, takeUpload } from '../../upload.ts';

const query = z.strictObject({
  name: z.string().min(1).max(255).default('file').describe('A name for your own use, such as house.csv'),
  kind: z
    .enum(fileKinds)
    .optional()
    .describe(
      'Says whether arrays are data or weights, where both are possible. A kind that does not match the bytes is refused',
    ),
  delimiter: z
    .string()
    .length(1)
    .optional()
    .describe('The delimiter of a table, if it is not detected correctly'),
  header: z
    .enum(['true', 'false'])
    .optional()
    .describe('Whether the first line of a table names the columns, if it is not detected correctly'),
  missing: z
    .string()
    .min(1)
    .max(200)
    .optional()
    .describe(
      'What stands for a missing value in a table, besides empty cells, NA, NaN, null, ? and the like. Separate several by commas: -999,unknown',
    ),
});

export const createFile = defineEndpoint({
  method: 'POST',
  url: '/v1/files',
  operationId: 'createFile',
  tag: 'files',
  summary: 'Upload a file',
  description:
    'Takes the bytes of a file as the body, streamed, also with `content-encoding: gzip`: a table (CSV, TSV, JSON lines, Parquet), ' +
    'arrays (NPY, NPZ, safetensors), images (a zip file with one folder per class), weights (safetensors) or a model. The answer describes what was found in it. The same bytes sent with the same access key give the same id.',
  query,
  upload: true,
  responses: { 201: json('Stored', fileSchema) },
  async answer({ query: { name, kind, delimiter, header, missing }, request, reply }, { files }) {
    const options = {
      ...(kind !== undefined && { kind }),
      ...(delimiter !== undefined && { delimiter }),
      ...(header !== undefined && { header: header === 'true' }),
      ...(missing !== undefined && { missing: missing.split(',').map((text) => text.trim()) }),
    };
    const file = await takeUpload(request, async (content) => {
      const outcome = await files.upload(content, { name, options });
      if (outcome.kind === 'over_quota') throw overQuota(outcome.used);
      return outcome.file;
    });
    return reply.code(201).header('location', `/v1/files/${file.id}`).send(file);
  },
});
