/** @file Builds the HTTP application. Does not listen. */
import { randomUUID } from 'node:crypto';
import compress from '@fastify/compress';
import cors from '@fastify/cors';
import swagger from '@fastify/swagger';
import swaggerUi from '@fastify/swagger-ui';
import Fastify, {
  type FastifyBaseLogger,
  type FastifyInstance,
  type FastifyReply,
  type FastifyRequest,
  LogController,
} from 'fastify';
import type { Access } from '../access/index.ts';
import type { RunningJobService } from '../jobs/index.ts';
import type { Metrics } from '../metrics/index.ts';
import type { Telemetry } from '../telemetry/index.ts';
import type { ErrorCode } from '../util/errors.ts';
import { addOwner, addRefusal, ownerOf } from './access.ts';
import { answerClientError } from './client_error.ts';
import { addCommonHeaders, commonHeaders } from './common_headers.ts';
import { docsPage } from './docs_page.ts';
import { drain } from './drain.ts';
import { type Dependencies, type Endpoint, refuseUnknownQuery } from './endpoint.ts';
import { parseJsonBody } from './json_body.ts';
import { addBackPressure, addRateLimit, type PressureLimits } from './limits.ts';
import { createOpenApi, type Examples } from './openapi.ts';
import { HttpProblem, sendProblem, toProblem } from './problem.ts';
import { warmCatalog } from './routes/catalog/read.ts';
import { endpoints } from './routes/index.ts';
import { addSpans } from './spans.ts';
import { createRequestThreads } from './threads.ts';
import { ASSETS, addWeb, webPaths } from './web.ts';

const REQUEST_ID = /^[\w.-]{1,64}$/;
const COMPRESS_FROM_BYTES = 1024;
const REQUEST_TIMEOUT_MS = 30_000;
/** How long a whole upload may take; for other bodies see addBodyTimeout. */
const UPLOAD_TIMEOUT_MS = 3_600_000;
/** The largest body on a route that takes none. */
const MAX_IGNORED_BODY = 65_536;
const MAX_REQUEST_LINE = 16_384;

export interface AppOptions {
  readonly dependencies: Omit<Dependencies, 'closing' | 'jobs' | 'files' | 'threads'>;
  readonly jobs: Pick<RunningJobService, 'of' | 'filesOf'>;
  readonly access: Access;
  readonly pressure: PressureLimits;
  /** Whose pages may call from a browser; none where it is empty. */
  readonly corsOrigins: readonly string[];
  readonly examples: Examples;
  readonly logger: FastifyBaseLogger;
  readonly telemetry: Telemetry;
  /** Serves the endpoints with this tag alone; null serves all. */
  readonly only: Endpoint['tag'] | null;
}

type Route = Pick<Endpoint, 'method' | 'url'>;

/** Beside the endpoints of the contract. */
const pages: readonly Route[] = [...webPaths, ASSETS, '/openapi.json', '/docs'].map((url) => ({
  method: 'GET',
  url,
}));

/** The methods that a path takes, or none where no route has this path. */
function methodsOf(url: string, served: readonly Route[]): string[] {
  const path = url.split('?')[0] ?? '';
  const matches = ({ url: pattern }: Route) =>
    new RegExp(`^${pattern.replaceAll('.', '\\.').replaceAll(/:\w+/g, '[^/]+')}$`).test(path);
  const methods = [...served, ...pages].filter(matches).map(({ method }) => method as string);
  return methods.length === 0
    ? []
    : [...new Set([...methods, ...(methods.includes('GET') ? ['HEAD'] : []), 'OPTIONS'])];
}

function createServer(options: AppOptions): FastifyInstance {
  return Fastify({
    loggerInstance: options.logger,
    // A line each, once answered, is enough: see logAnswer.
    logController: new LogController({ disableRequestLogging: true }),
    bodyLimit: options.dependencies.limits.max_body_bytes,
    requestTimeout: UPLOAD_TIMEOUT_MS,
    forceCloseConnections: 'idle',
    // Answered by a hook instead, as a problem.
    return503OnClosing: false,
    // A client's id is taken only if it is safe to log.
    genReqId: (request) => {
      const given = request.headers['x-request-id'];
      return typeof given === 'string' && REQUEST_ID.test(given) ? given : randomUUID();
    },
    // An id that is too long is one that no job has. Node bounds the whole line.
    routerOptions: { maxParamLength: MAX_REQUEST_LINE },
    // Answered as a problem instead, see addHttpManners: Node's own answer is bare.
    http: { requireHostHeader: false, headersTimeout: REQUEST_TIMEOUT_MS },
    clientErrorHandler: answerClientError,
    // A path that cannot be decoded. Comes before all hooks.
    frameworkErrors: (error, request, reply) =>
      void sendProblem(request, reply.headers(commonHeaders(request)), toProblem(error)),
  }) as unknown as FastifyInstance;
}

function addHttpManners(app: FastifyInstance): void {
  // An expectation that is not known may be ignored (RFC 9110, section 10.1.1).
  app.server.on('checkExpectation', (request, response) => app.server.emit('request', request, response));
  app.addHook('onRequest', (request, _reply, done) => {
    const isMissing = request.headers.host === undefined && request.raw.httpVersion === '1.1';
    done(isMissing ? new HttpProblem('bad_request', 'a request of HTTP/1.1 needs a Host header') : undefined);
  });
}

/** What is not the client's doing. */
const logged: ReadonlySet<ErrorCode> = new Set(['internal_error', 'database_unavailable', 'storage_full']);

/** Nobody is there to read the answer; the error that it caused looks like that of any connection. */
const hasHungUp = ({ raw }: FastifyRequest): boolean => raw.destroyed && !raw.complete;

function addErrors(app: FastifyInstance, served: readonly Route[], maxBody: number): void {
  app.setErrorHandler(async (error, request, reply) => {
    if (hasHungUp(request)) {
      request.log.debug({ err: error }, 'the client hung up');
      return sendProblem(request, reply, new HttpProblem('bad_request', 'the request was broken off'));
    }
    const problem = toProblem(error, maxBody);
    if (problem.code === 'body_too_large') await drain(request.raw);
    if (logged.has(problem.code)) request.log.error({ err: error }, 'request failed');
    return sendProblem(request, reply, problem);
  });
  app.setNotFoundHandler((request, reply) => {
    const allowed = methodsOf(request.url, served);
    if (allowed.length === 0)
      return sendProblem(
        request,
        reply,
        new HttpProblem('route_not_found', `no route ${request.method} here; see /docs`),
      );
    const allow = allowed.join(', ');
    if (request.method === 'OPTIONS') return reply.code(204).header('allow', allow).send();
    return sendProblem(
      request,
      reply,
      new HttpProblem('method_not_allowed', `allowed: ${allow}`, { headers: { allow } }),
    );
  });
}

/** By the route's pattern: a path would be a series of its own for every job. */
function recordAnswers(app: FastifyInstance, { requests }: Metrics): void {
  app.addHook('onResponse', (request, reply, done) => {
    const { url: route = 'none' } = request.routeOptions;
    const labels = { method: request.method, route, status: String(reply.statusCode) };
    requests.observe(labels, reply.elapsedTime / 1000);
    logAnswer(request, reply);
    done();
  });
}

const RETRY_AFTER_CLOSING_S = 5;

/** A kept-alive connection can bring a request after the service has begun to stop; another replica, or the next start, takes it. */
function addRefusalWhileClosing(app: FastifyInstance, closing: AbortSignal): void {
  app.addHook('onRequest', (_request, _reply, done) => {
    if (!closing.aborted) return done();
    const headers = { 'retry-after': String(RETRY_AFTER_CLOSING_S), connection: 'close' };
    return done(new HttpProblem('not_ready', 'the service is shutting down', { headers }));
  });
}

/** What a page of another origin may read beyond the body. */
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

/** A line for each request; polls, which are many and all alike, only for who debugs. */
function logAnswer(request: FastifyRequest, { statusCode, elapsedTime }: FastifyReply): void {
  const { method, url, log } = request;
  const isQuiet = (method === 'GET' && statusCode < 400) || hasHungUp(request);
  const level = isQuiet ? 'debug' : 'info';
  log[level]({ method, url, status: statusCode, ms: elapsedTime }, 'request answered');
}

/** Of the pages of /docs. Without `upgrade-insecure-requests`: the service itself speaks plain HTTP. */
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
    ...(body === undefined && { decompress: false }),
    ...(short && { compress: false }),
    async handler(request, reply) {
      refuseUnknownQuery(endpoint, request);
      if (body !== undefined && request.body === undefined) {
        throw new HttpProblem('malformed_json', 'the body is empty');
      }
      return endpoint.handle(request, reply, dependenciesOf(request));
    },
  });
}

/** Within this scope a body of any type is handed over as it comes. */
function addUpload(scope: FastifyInstance, endpoint: Endpoint, dependenciesOf: DependenciesOf): void {
  scope.removeAllContentTypeParsers();
  scope.addContentTypeParser('*', (_request, body, done) => done(null, body));
  addEndpoint(scope, endpoint, dependenciesOf);
}

/** A body that is no upload has to arrive within the time of a request; an upload only has to go on arriving. */
function addBodyTimeout(app: FastifyInstance): void {
  app.addHook('onRequest', (request, _reply, done) => {
    done();
    const { raw } = request;
    if (raw.complete) return;
    let seen = raw.socket.bytesRead;
    const timer = setInterval(() => {
      const isArriving = request.routeOptions.config.upload === true && raw.socket.bytesRead > seen;
      seen = raw.socket.bytesRead;
      if (raw.complete) clearInterval(timer);
      else if (!isArriving) answerClientError(slow(), raw.socket);
    }, REQUEST_TIMEOUT_MS);
    raw.once('close', () => clearInterval(timer));
  });
}

const slow = () => Object.assign(new Error('the body is too slow'), { code: 'ERR_HTTP_REQUEST_TIMEOUT' });

/** The application with every route, documentation included. */
export async function buildApp(options: AppOptions): Promise<FastifyInstance> {
  const { examples, jobs, access, pressure } = options;
  const closing = new AbortController();
  const threads = createRequestThreads();
  const dependencies: Omit<Dependencies, 'jobs' | 'files'> = {
    ...options.dependencies,
    threads,
    closing: closing.signal,
  };
  const served = endpoints.filter(({ tag }) => options.only === null || tag === options.only);
  const app = createServer(options);
  if (options.only === null) warmCatalog();
  const document = createOpenApi(dependencies.version, examples);
  app.removeAllContentTypeParsers();
  app.addContentTypeParser(
    'application/json',
    { parseAs: 'buffer' },
    // Many clients name the type even where they send nothing, as with DELETE: only a route that needs a body complains.
    // What needs a body gets it as it came: a request thread parses it. What needs none does not read much of one.
    async (request: FastifyRequest, body: Buffer) => {
      if (body.length === 0) return undefined;
      if (request.routeOptions.config.takesBody === true) return body;
      return body.length > MAX_IGNORED_BODY ? undefined : parseJsonBody(body);
    },
  );
  addErrors(app, served, dependencies.limits.max_body_bytes);
  addCommonHeaders(app);
  addHttpManners(app);
  addBodyTimeout(app);
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
  await app.register(compress, { threshold: COMPRESS_FROM_BYTES });
  await app.register(swagger, { mode: 'static', specification: { document: document as never } });
  await app.register(swaggerUi, { routePrefix: '/docs', staticCSP: DOCS_POLICY, ...docsPage });
  addWeb(app);
  const documentText = JSON.stringify(document);
  app.get('/openapi.json', async (_request, reply) =>
    reply.type('application/json; charset=utf-8').send(documentText),
  );
  /** What the handler sees of the service: the part that belongs to the caller. There are no more owners than keys. */
  const byOwner = new Map<string, Dependencies>();
  const dependenciesOf = (request: FastifyRequest): Dependencies => {
    const owner = ownerOf(request);
    const known = byOwner.get(owner);
    if (known !== undefined) return known;
    const { max_total_flops, max_flops_per_hour } = access.limitsOf(owner);
    const limits = { ...dependencies.limits, max_total_flops: Math.min(max_total_flops, max_flops_per_hour) };
    const own = { ...dependencies, limits, jobs: jobs.of(owner), files: jobs.filesOf(owner) };
    byOwner.set(owner, own);
    return own;
  };
  for (const endpoint of served) {
    if (endpoint.upload) await app.register(async (scope) => addUpload(scope, endpoint, dependenciesOf));
    else addEndpoint(app, endpoint, dependenciesOf);
  }
  return app;
}
