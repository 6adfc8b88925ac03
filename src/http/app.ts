/** @file Builds the HTTP application. Does not listen. */
import compress from '@fastify/compress';
import cors from '@fastify/cors';
import swagger from '@fastify/swagger';
import swaggerUi from '@fastify/swagger-ui';
import type { FastifyBaseLogger, FastifyInstance, FastifyRequest } from 'fastify';
import type { Access } from '../access/index.ts';
import type { RunningJobService } from '../jobs/index.ts';
import type { Telemetry } from '../telemetry/index.ts';
import { addOwner, addRefusal, ownerOf } from './access.ts';
import { recordAnswers } from './answers.ts';
import { addBeginnings } from './beginnings.ts';
import { addCommonHeaders } from './common_headers.ts';
import { docsPage } from './docs_page.ts';
import type { Dependencies, Endpoint } from './endpoint.ts';
import { addErrors, methodsOf, type Route } from './failures.ts';
import { parseJsonBody } from './json_body.ts';
import { addBackPressure, addRateLimit, type PressureLimits } from './limits.ts';
import { endpoints } from './routes/index.ts';
import {
  addAnswerTimeout,
  addBodyTimeout,
  addHttpManners,
  addRefusalWhileClosing,
  createServer,
} from './server.ts';
import { addSpans } from './spans.ts';
import { createRequestThreads } from './threads.ts';
import { addUnpacking } from './unpack.ts';
import { addWeb } from './web.ts';

const COMPRESS_FROM_BYTES = 1024;
/** The largest body on a route that takes none. */
const MAX_IGNORED_BODY = 65_536;
export interface AppOptions {
  readonly dependencies: Omit<Dependencies, 'closing' | 'jobs' | 'files' | 'threads'>;
  readonly jobs: Pick<RunningJobService, 'of' | 'filesOf'>;
  readonly access: Access;
  readonly pressure: PressureLimits;
  /** Whose pages may call from a browser; none where it is empty. */
  readonly corsOrigins: readonly string[];
  readonly openApi: Readonly<Record<string, unknown>>;
  readonly logger: FastifyBaseLogger;
  readonly telemetry: Telemetry;
  /** Serves the endpoints with this tag alone; null serves all. */
  readonly only: Endpoint['tag'] | null;
}

/** Headers that a page of another origin may read. */
const EXPOSED_HEADERS = [
  'etag',
  'idempotent-replayed',
  'link',
  'location',
  'preference-applied',
  'retry-after',
  'x-request-id',
];

/** With it, the plugin answers OPTIONS, also where it is no preflight: what the path takes is said all the same. */
const addCors = async (
  app: FastifyInstance,
  origins: readonly string[],
  served: readonly Route[],
): Promise<void> => {
  await app.register(cors, {
    origin: [...origins],
    methods: ['GET', 'HEAD', 'POST', 'DELETE'],
    exposedHeaders: EXPOSED_HEADERS,
    strictPreflight: false,
  });
  app.addHook('onSend', async (request, reply) => {
    const allowed = request.method === 'OPTIONS' ? methodsOf(request.url, served) : [];
    if (allowed.length > 0) reply.header('allow', allowed.join(', '));
  });
};

/** The content security policy of the pages of /docs. Without `upgrade-insecure-requests`, because the service itself speaks plain HTTP. */
const DOCS_POLICY = {
  'default-src': "'self'",
  'base-uri': "'self'",
  'frame-ancestors': "'self'",
  'img-src': "'self' data:",
  'object-src': "'none'",
  'script-src': "'self'",
  'style-src': "'self' 'unsafe-inline'",
};

type DependenciesOf = (request: FastifyRequest) => Dependencies;

function addEndpoint(app: FastifyInstance, endpoint: Endpoint, dependenciesOf: DependenciesOf): void {
  const { method, url, tag, body, upload = false, short = false, public: isPublic = false } = endpoint;
  app.route({
    method,
    url,
    config: {
      needsKey: !isPublic,
      probe: tag === 'service',
      upload,
      takesBody: body !== undefined && !upload,
    },
    ...(short && { compress: false }),
    handler: (request, reply) => endpoint.handle(request, reply, dependenciesOf(request)),
  });
}

/** Within this scope a body of any type is handed over as it comes. */
function addUpload(scope: FastifyInstance, endpoint: Endpoint, dependenciesOf: DependenciesOf): void {
  scope.removeAllContentTypeParsers();
  scope.addContentTypeParser('*', (_request, body, done) => done(null, body));
  addEndpoint(scope, endpoint, dependenciesOf);
}

/** The application with every route, documentation included. */
export async function buildApp(options: AppOptions): Promise<FastifyInstance> {
  const { openApi, jobs, access, pressure } = options;
  const closing = new AbortController();
  const threads = createRequestThreads();
  const dependencies: Omit<Dependencies, 'jobs' | 'files' | 'threads'> = {
    ...options.dependencies,
    closing: closing.signal,
  };
  const served = endpoints.filter(({ tag }) => options.only === null || tag === options.only);
  const app = createServer(options.logger, options.dependencies.limits.max_body_bytes);
  app.removeAllContentTypeParsers();
  app.addContentTypeParser(
    'application/json',
    { parseAs: 'buffer' },
    // Many clients name the type even where they send nothing, as with DELETE: only a route that needs a body complains.
    // An endpoint that needs a body gets its bytes: a request thread parses them. One that needs none reads only a little of it.
    async (request: FastifyRequest, body: Buffer) => {
      if (body.length === 0) return undefined;
      if (request.routeOptions.config.takesBody === true) return body;
      return body.length > MAX_IGNORED_BODY ? undefined : parseJsonBody(body);
    },
  );
  addBeginnings(app);
  addErrors(app, served, dependencies.limits.max_body_bytes);
  addCommonHeaders(app);
  addHttpManners(app);
  addBodyTimeout(app);
  addAnswerTimeout(app);
  app.addHook('preClose', async () => closing.abort());
  app.addHook('onClose', () => threads.close());
  recordAnswers(app, dependencies.metrics);
  addSpans(app, options.telemetry);
  addRefusalWhileClosing(app, closing.signal);
  if (options.corsOrigins.length > 0) await addCors(app, options.corsOrigins, served);
  // In this order: who asks, how often, whether there is room, whether they may.
  addOwner(app, access);
  await addRateLimit(app, access);
  await addBackPressure(app, pressure);
  addRefusal(app);
  addUnpacking(app);
  await app.register(compress, { threshold: COMPRESS_FROM_BYTES, globalDecompression: false });
  await app.register(swagger, { mode: 'static', specification: { document: openApi as never } });
  await app.register(swaggerUi, { routePrefix: '/docs', staticCSP: DOCS_POLICY, ...docsPage });
  addWeb(app);
  let openApiText: string | undefined;
  app.get('/openapi.json', async (_request, reply) => {
    openApiText ??= JSON.stringify(openApi);
    return reply.type('application/json; charset=utf-8').send(openApiText);
  });
  /** The part of the service that belongs to the caller. There are no more owners than keys. */
  const byOwner = new Map<string, Dependencies>();
  const dependenciesOf = (request: FastifyRequest): Dependencies => {
    const owner = ownerOf(request);
    const known = byOwner.get(owner);
    if (known !== undefined) return known;
    const { max_total_flops, max_flops_per_hour } = access.limitsOf(owner);
    const limits = { ...dependencies.limits, max_total_flops: Math.min(max_total_flops, max_flops_per_hour) };
    const parts = { jobs: jobs.of(owner), files: jobs.filesOf(owner), threads: threads.of(owner) };
    const own = { ...dependencies, limits, ...parts };
    byOwner.set(owner, own);
    return own;
  };
  for (const endpoint of served) {
    if (endpoint.upload) await app.register(async (scope) => addUpload(scope, endpoint, dependenciesOf));
    else addEndpoint(app, endpoint, dependenciesOf);
  }
  return app;
}
