/** @file An initializer as an option of another part. */
import { initializerKind } from './index.ts';

export const initializerSchema = initializerKind.schema.meta({
  description: 'An initializer: its name, or an object with options',
});

/** Keras' default of embeddings. */
export const tableInitializerOption = initializerSchema
  .default({ type: 'uniform', min: -0.05, max: 0.05 })
  .describe('Initializer of the table');
