/** @file GET /v1/files, /v1/files/{id}, /v1/files/{id}/content; DELETE /v1/files/{id}. */
import { z } from 'zod';
import { fileSchema, InvalidCursor } from '../../../jobs/index.ts';
import { defineEndpoint, json } from '../../endpoint.ts';
import { HttpProblem, validationFailed } from '../../problem.ts';

const params = z.object({ id: z.string().describe('file_…') });

const noSuchFile = (id: string) =>
  new HttpProblem('file_not_found', `there is no file ${JSON.stringify(id.slice(0, 100))}`);

const query = z.strictObject({
  limit: z.coerce.number().int().min(1).max(100).default(20),
  cursor: z.string().optional().describe('`next_cursor` of the previous page'),
});

export const listFiles = defineEndpoint({
  method: 'GET',
  url: '/v1/files',
  operationId: 'listFiles',
  tag: 'files',
  summary: 'List files',
  description: 'Newest first.',
  query,
  responses: {
    200: json(
      'A page of files',
      z.object({ data: z.array(fileSchema), has_more: z.boolean(), next_cursor: z.string().nullable() }),
    ),
  },
  async answer({ query: { limit, cursor } }, { files }) {
    try {
      return await files.list(limit, cursor);
    } catch (error) {
      if (error instanceof InvalidCursor)
        throw validationFailed([{ pointer: '/query/cursor', message: error.message }]);
      throw error;
    }
  },
});

export const readFile = defineEndpoint({
  method: 'GET',
  url: '/v1/files/:id',
  operationId: 'readFile',
  tag: 'files',
  summary: 'Describe a file',
  description: 'What was found in it: columns, arrays or classes.',
  params,
  responses: { 200: json('The file', fileSchema) },
  async answer({ params: { id } }, { files }) {
    const file = await files.find(id);
    if (file === null) throw noSuchFile(id);
    return file;
  },
});

export const readFileContent = defineEndpoint({
  method: 'GET',
  url: '/v1/files/:id/content',
  operationId: 'readFileContent',
  tag: 'files',
  summary: 'Download a file',
  description: 'The bytes as they were sent; decompressed, if they were sent compressed.',
  params,
  responses: {
    200: {
      description: 'The bytes',
      content: { 'application/octet-stream': z.string().meta({ format: 'binary' }) },
    },
  },
  async answer({ params: { id }, reply }, { files }) {
    const [file, content] = [await files.find(id), await files.content(id)];
    if (file === null || content === null) throw noSuchFile(id);
    return reply
      .type('application/octet-stream')
      .header('content-disposition', `attachment; filename*=UTF-8''${encodeURIComponent(file.name)}`)
      .header('etag', `"${file.sha256}"`)
      .send(content);
  },
});

export const removeFile = defineEndpoint({
  method: 'DELETE',
  url: '/v1/files/:id',
  operationId: 'removeFile',
  tag: 'files',
  summary: 'Delete a file',
  description:
    'Jobs that have ended keep their reports. An experiment that uses the file can no longer be posted.',
  params,
  responses: { 204: { description: 'Deleted' } },
  errors: ['file_in_use'],
  async answer({ params: { id }, reply }, { files }) {
    const outcome = await files.remove(id);
    if (outcome === 'not_found') throw noSuchFile(id);
    if (outcome === 'in_use')
      throw new HttpProblem('file_in_use', 'a job that has not ended needs it: wait for it, or cancel it');
    return reply.code(204).send();
  },
});
