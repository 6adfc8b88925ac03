/** @file The service's own description of its requests: the schema of an experiment, and examples. Read once. */
import type { Definitions, Schema } from '../lib/json_schema.ts';
import { ApiError, reach } from './client.ts';

export interface ApiDocument {
  readonly definitions: Definitions;
  readonly experiment: Schema;
  readonly examples: Readonly<Record<string, { readonly value: { readonly name?: string } }>>;
}

interface OpenApi {
  readonly paths: Readonly<
    Record<
      string,
      { post: { requestBody: { content: { 'application/json': { examples: ApiDocument['examples'] } } } } }
    >
  >;
  readonly components: { readonly schemas: Definitions };
}

let reading: Promise<ApiDocument> | null = null;

async function read(): Promise<ApiDocument> {
  const response = await reach(new Request('/openapi.json'));
  if (!response.ok) throw new ApiError(null, 'The service does not describe itself.');
  const { paths, components } = (await response.json()) as OpenApi;
  return {
    definitions: components.schemas,
    experiment: components.schemas.Experiment ?? {},
    examples: paths['/v1/jobs']?.post.requestBody.content['application/json'].examples ?? {},
  };
}

export function apiDocument(): Promise<ApiDocument> {
  reading ??= read().catch((error: unknown) => {
    reading = null;
    throw error;
  });
  return reading;
}
