/** @file POST /v1/files: takes the bytes of a file as they come. */
import { z } from 'zod';
import { fileKinds } from '../../../files/index.ts';
import { fileSchema } from '../../../jobs/index.ts';
import { defineEndpoint, json } from '../../endpoint.ts';
import { overQuota, takeUpload } from '../../upload.ts';

const query = z.strictObject({
  name: z.string().min(1).max(255).default('file').describe('For you to recognize it, such as house.csv'),
  kind: z
    .enum(fileKinds)
    .optional()
    .describe('Where arrays could be data or weights; a kind that the bytes are not is refused'),
  delimiter: z.string().length(1).optional().describe('Of a table, where it is not found out rightly'),
  header: z
    .enum(['true', 'false'])
    .optional()
    .describe('Whether the first line of a table names the columns, where it is not found out rightly'),
  missing: z
    .string()
    .min(1)
    .max(200)
    .optional()
    .describe(
      'Of a table: what stands for a missing value, beside empty cells, NA, NaN, null, ? and the like; several are separated by ' +
        'commas, such as -999,unknown',
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
    'arrays (NPY, NPZ, safetensors), images (a zip of one folder a class), weights (safetensors) or a model. Answers with what was ' +
    'found out of it. The same bytes by the same key give the same id.',
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
