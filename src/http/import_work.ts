/** @file Experiments that name a model in place of their network, in a request thread: what they name, and what they become. */
import { z } from 'zod';
import { experimentSchema } from '../experiment/index.ts';
import { FILE_ID } from '../files/index.ts';
import { webhookSchema } from '../webhooks/index.ts';
import { validationFailed } from './problem.ts';
import type { Imported, WorkContext } from './work_order.ts';

const { training } = experimentSchema.shape;
const webhook = webhookSchema.nullish();

/** As the body of a request: only documents it, because what it becomes is checked as any experiment is. */
const importedExperimentSchema = experimentSchema
  .omit({ network: true, training: true })
  .extend({
    import: z
      .string()
      .regex(FILE_ID)
      .describe('Id of an uploaded model, which gives the network and its weights (see POST /v1/imports)'),
    training: training.partial().optional().describe('What is left out is as the model says'),
  })
  .meta({ id: 'ImportedExperiment' });

export const requestedExperimentSchema = z.union([experimentSchema, importedExperimentSchema]);

/** What POST /v1/jobs takes. */
export const jobRequestSchema = z.union([
  experimentSchema.extend({ webhook }).meta({ id: 'JobRequest' }),
  importedExperimentSchema.extend({ webhook }).meta({ id: 'ImportedJobRequest' }),
]);

/** The keys of either form, which problems name. */
export const experimentOrImport = experimentSchema.extend({ import: importedExperimentSchema.shape.import });
export const jobOrImport = experimentOrImport.extend({ webhook });

export interface WantedImport {
  readonly file: string;
  /** Whether the training starts from the weights of the model. */
  readonly weights: boolean;
}

const isObject = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** @throws HttpProblem validation_failed */
export function wantedImport(body: unknown): WantedImport | null {
  if (!isObject(body) || body.import === undefined) return null;
  const { import: file, network, training: own } = body;
  const refuse = (message: string, fix: string) => validationFailed([{ pointer: '/import', message, fix }]);
  if (network !== undefined) throw refuse('the experiment has a network, too', 'give "network" or "import"');
  if (typeof file !== 'string' || !FILE_ID.test(file))
    throw refuse('it has to be the id of an uploaded model', 'upload it with POST /v1/files');
  return { file, weights: !isObject(own) || own.initial_weights === undefined };
}

/** Other options of the model's training mean nothing beside these of the body. */
const REPLACED: Readonly<Record<string, readonly string[]>> = {
  steps: ['epochs'],
  optimizer: ['learning_rate_schedule', 'gradient_clipping'],
};

/** The same body as JSON, with the model's network in place of its name. */
export function withImported(body: unknown, { imported }: WorkContext): Uint8Array {
  const { import: _file, training: own = {}, ...rest } = body as Record<string, unknown>;
  const { network, training: told } = imported as Imported;
  if (!isObject(own)) return Buffer.from(JSON.stringify({ ...rest, network, training: own }));
  const replaced = Object.keys(own).flatMap((key) => (Object.hasOwn(REPLACED, key) ? REPLACED[key] : []));
  const kept = Object.entries(told).filter(([key]) => !replaced.includes(key));
  return Buffer.from(JSON.stringify({ ...rest, network, training: { ...Object.fromEntries(kept), ...own } }));
}
