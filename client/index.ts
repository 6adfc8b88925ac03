/** @file The folder's door, and what `import … from 'gradclinic'` gives. */
export { type Change, changesOf } from './changes.ts';
export { ApiError, answer, type Client, type ClientOptions, createClient } from './client.ts';
export { otherRootsOf } from './roots.ts';
export type { components, operations, paths } from './schema.d.ts';
export * from './types.ts';
