/** @file Experiments that name a model in place of their network, in a request thread: what they name, and what they become. */
import { z } from 'zod';
import { experimentSchema } from '../experiment/index.ts';
import { FILE_ID } from '../files/index.ts';
import { webhookSchema } from '../webhooks/index.ts';
import { validationFailed } from './problem.ts';
import type { Imported, WorkContext } from './work_order.ts';

const { training } = experimentSchema.shape;
const webhook = webhookSchema.nullish();

export const OPEN_SIZE =
  'The size to use for every input axis that the model leaves open, except the batch: the time steps of Input((None, 3)), both sides of Input((None, None, 3))';
export const MAX_OPEN_SIZE = 65_536;
const openSizeSchema = z.int().min(1).max(MAX_OPEN_SIZE).describe(OPEN_SIZE);

/** For the OpenAPI document only: the experiment that the model becomes is checked like any other. */
const importedExperimentSchema = experimentSchema
  .omit({ network: true, training: true })
  .extend({
    import: z
      .string()
      .regex(FILE_ID)
      .describe(
        'Id of an uploaded model, from which the network and its weights are taken (see POST /v1/imports)',
      ),
    open_size: openSizeSchema.optional(),
    training: training.partial().optional().describe('What you leave out is taken from the model'),
  })
  .meta({ id: 'ImportedExperiment' });

export const requestedExperimentSchema = z.union([experimentSchema, importedExperimentSchema]);

/** The body of POST /v1/jobs. */
export const jobRequestSchema = z.union([
  experimentSchema.extend({ webhook }).meta({ id: 'JobRequest' }),
  importedExperimentSchema.extend({ webhook }).meta({ id: 'ImportedJobRequest' }),
]);

/** The keys of either form, which problems name. */
const { import: imported, open_size } = importedExperimentSchema.shape;
export const experimentOrImport = experimentSchema.extend({ import: imported, open_size });
export const jobOrImport = experimentOrImport.extend({ webhook });

export interface WantedImport {
  readonly file: string;
  /** True if the training starts from the weights of the model. */
  readonly weights: boolean;
  /** The sizes to use for axes of the inputs that the model leaves open. */
  readonly openSize: number | null;
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
  const size = openSizeSchema.optional().safeParse(body.open_size);
  if (!size.success)
    throw validationFailed([
      { pointer: '/open_size', message: 'it has to be a whole number from 1 to 65536', fix: 'such as 100' },
    ]);
  const weights = !isObject(own) || own.initial_weights === undefined;
  return { file, weights, openSize: size.data ?? null };
}

/** Other options of the model's training mean nothing beside these of the body. */
const REPLACED: Readonly<Record<string, readonly string[]>> = {
  steps: ['epochs'],
  optimizer: ['learning_rate_schedule', 'gradient_clipping'],
};

/** The same body as JSON, with the model's network in place of its name. */
export function withImported(body: unknown, { imported }: WorkContext): Uint8Array {
  const { import: _file, open_size: _size, training: own = {}, ...rest } = body as Record<string, unknown>;
  const { network, training: told } = imported as Imported;
  if (!isObject(own)) return Buffer.from(JSON.stringify({ ...rest, network, training: own }));
  const replaced = Object.keys(own).flatMap((key) => (Object.hasOwn(REPLACED, key) ? REPLACED[key] : []));
  const kept = Object.entries(told).filter(([key]) => !replaced.includes(key));
  return Buffer.from(JSON.stringify({ ...rest, network, training: { ...Object.fromEntries(kept), ...own } }));
}
