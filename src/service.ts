/** @file Wires config → job service → application, and listens. */
import { readdirSync, readFileSync } from 'node:fs';
import { pino } from 'pino';
import type { Config } from './config.ts';
import { buildApp, type Examples } from './http/index.ts';
import { createJobService } from './jobs/index.ts';
import { createMetrics } from './metrics/index.ts';
import { createTelemetry } from './telemetry/index.ts';
import { bundlePrograms } from './util/bundled_programs.ts';
import { helpersGiveWay, NICE } from './util/nice.ts';
import { createWebhooks } from './webhooks/index.ts';

const root = new URL('../', import.meta.url);

/** Written by `npm run openapi`, and held against the endpoints by the tests: making it takes as long as all the rest of the start. */
const openApi = new URL('openapi/openapi.json', root);

export const version = (
  JSON.parse(readFileSync(new URL('package.json', root), 'utf8')) as { version: string }
).version;

/** The files of a folder, by name. */
function readFolder(path: string): Record<string, unknown> {
  const folder = new URL(path, root);
  const files = readdirSync(folder)
    .filter((file) => file.endsWith('.json'))
    .sort();
  return Object.fromEntries(
    files.map((file) => [file.replace('.json', ''), JSON.parse(readFileSync(new URL(file, folder), 'utf8'))]),
  );
}

export function readExamples(): Examples {
  const { problems = {}, ...answers } = readFolder('examples/answers/');
  return { requests: readFolder('examples/'), answers, problems: problems as Examples['problems'] };
}

/** What is left of the 10 s of a stop is for the database. */
const LAST_REQUESTS_MS = 6000;

const STDOUT = 1;

const secretHeaders = ['authorization', 'cookie', 'x-api-key'];

export interface RunningService {
  readonly url: string;
  /**
   * Stops accepting, ends streams, lets running steps end, gives their jobs back.
   * @returns whether all threads have ended; where not, the process has to be killed
   */
  close(): Promise<boolean>;
}

/**
 * @param signal ends the wait of a worker for its database
 * @param logStream file descriptor of the log: 1 standard output, 2 standard error
 * @throws DataDirectoryInUse, DataDirectoryUnusable, DatabaseUnreachable, and an Error that names HOST and PORT
 */
export async function startService(
  config: Config,
  signal?: AbortSignal,
  logStream: 1 | 2 = STDOUT,
): Promise<RunningService> {
  const redact = secretHeaders.flatMap((name) => [`req.headers["${name}"]`, `headers["${name}"]`]);
  const logger = pino({ level: config.logLevel, redact }, pino.destination(logStream));
  const metrics = createMetrics();
  const telemetry = await createTelemetry({
    endpoint: config.tracesEndpoint,
    version,
    onError: (error) => logger.warn({ err: error }, 'spans could not be sent'),
  });
  const { access, pressure, corsOrigins, role, limits, workerThreads } = config;
  const { secret, ...posting } = config.webhooks;
  const webhooks = createWebhooks({
    ...{ ...posting, version, logger },
    secretOf: (owner) => access.webhookSecretOf(owner) ?? secret,
  });
  await bundlePrograms();
  await helpersGiveWay(NICE.request);
  const jobs = await createJobService({
    ...config,
    ...{ quotaOf: access.limitsOf, metrics, telemetry, logger, webhooks, signal },
  });
  try {
    const app = await buildApp({
      ...{ jobs, access, pressure, corsOrigins, telemetry, logger },
      dependencies: { limits, workerThreads, version, metrics, webhooks },
      openApi: JSON.parse(readFileSync(openApi, 'utf8')),
      only: role === 'worker' ? 'service' : null,
    });
    const { host, port } = config;
    const url = await app
      .listen({ host, port, listenTextResolver: () => 'bound' })
      .catch(({ message }: Error) => {
        throw new Error(`HOST=${host} and PORT=${port} cannot be listened on: ${message}`);
      });
    // Also where only warnings are logged: who starts the service waits for this line.
    const announcer = config.logLevel === 'silent' ? logger : logger.child({}, { level: 'info' });
    announcer.info({ url }, 'listening');
    const close = async (): Promise<boolean> => {
      // Whoever sends a body byte by byte does not hold up the stop.
      const impatience = setTimeout(() => app.server.closeAllConnections(), LAST_REQUESTS_MS);
      // Together: the end of the trainings is what long polls and streams wait for.
      const ended = await jobs.stop(app.close());
      clearTimeout(impatience);
      await telemetry.close();
      if (!ended) logger.warn('a step still runs and is killed; its job is back in the queue');
      return ended;
    };
    return { url, close };
  } catch (error) {
    await jobs.stop();
    throw error;
  }
}
