/** @file What endpoints share whose answer a request thread makes. */
import type { FileUse } from '../jobs/index.ts';
import type { ErrorCode } from '../util/errors.ts';
import type { Call, Dependencies } from './endpoint.ts';
import { decodeImages, provideFiles } from './files.ts';
import type { WantedImport } from './import_work.ts';
import { namedModel } from './imports.ts';
import { mayNameFiles, type NamedFile } from './named_files.ts';
import { bufferOf } from './send.ts';
import type { Work } from './work_order.ts';

/** The problems of a model that a body names. */
export const namedModelErrors: readonly ErrorCode[] = [
  'file_unreadable',
  'unsupported_model',
  'file_too_large',
];

/** These take a model in place of a network. */
const importing: ReadonlySet<Work['name']> = new Set(['acceptExperiment', 'preflight']);

/** The same body, with the network of the model that it names. */
async function withNetwork(
  body: Buffer,
  context: Work['context'],
  { threads, files }: Dependencies,
): Promise<Buffer> {
  if (!body.includes('"import"')) return body;
  const wanted = (await threads.run({ name: 'wantedImport', body, context })) as WantedImport | null;
  if (wanted === null) return body;
  const { network, training } = await namedModel(wanted, files);
  const imported = { network, training };
  const whole = await threads.run({ name: 'withImported', body, context: { ...context, imported } });
  return bufferOf(whole as Uint8Array);
}

/** Has a request thread do the work of this name on the body of a request. */
export async function doWork(
  name: Work['name'],
  given: Buffer,
  dependencies: Dependencies,
  fingerprint = false,
): Promise<unknown> {
  const { threads, files, limits, workerThreads } = dependencies;
  const context = { limits, workerThreads, fingerprint };
  const bytes = importing.has(name) ? await withNetwork(given, context, dependencies) : given;
  const work = { body: bytes, context };
  const named = mayNameFiles(bytes)
    ? ((await threads.run({ name: 'namedFiles', ...work })) as NamedFile[])
    : [];
  await provideFiles(named, files);
  if (named.length > 0 && name === 'preflight')
    await decodeImages((await threads.run({ name: 'fileUse', ...work })) as FileUse, files);
  return threads.run({ name, ...work });
}

/** Answers with the JSON that the thread has made. */
export const answerWork =
  (name: Work['name']) =>
  async ({ body, reply }: Pick<Call<unknown, unknown>, 'body' | 'reply'>, dependencies: Dependencies) =>
    reply.type('application/json; charset=utf-8').send(await doWork(name, body, dependencies));
