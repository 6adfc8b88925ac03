/** @file The server of HTTP: its limits and manners, before any route. */
import { randomUUID } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import Fastify, { type FastifyBaseLogger, type FastifyInstance, LogController } from 'fastify';
import { answerClientError } from './client_error.ts';
import { commonHeaders } from './common_headers.ts';
import { closing, HttpProblem, sendProblem, toProblem } from './problem.ts';

const REQUEST_ID = /^[\w.-]{1,64}$/;
/**
 * An idle connection is closed so much later than its `Keep-Alive: timeout` says. A client that stands still for a second
 * longer than it promised, on a busy machine, would otherwise send a request into a connection that is just being closed.
 */
const KEEP_ALIVE_GRACE_MS = 15_000;
const REQUEST_TIMEOUT_MS = 30_000;
/** How long a whole upload may take; for other bodies see addBodyTimeout. */
const UPLOAD_TIMEOUT_MS = 3_600_000;
const MAX_REQUEST_LINE = 16_384;

/** @param maxBody bytes */
export function createServer(logger: FastifyBaseLogger, maxBody: number): FastifyInstance {
  const app = Fastify({
    loggerInstance: logger,
    // A line each, once answered, is enough: see answers.ts.
    logController: new LogController({ disableRequestLogging: true }),
    bodyLimit: maxBody,
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
    routerOptions: { maxParamLength: MAX_REQUEST_LINE, ignoreTrailingSlash: true },
    // Answered as a problem instead, see addHttpManners: Node's own answer is bare.
    http: { requireHostHeader: false, headersTimeout: REQUEST_TIMEOUT_MS },
    clientErrorHandler: answerClientError,
    // A path that cannot be decoded. Comes before all hooks.
    frameworkErrors: (error, request, reply) =>
      void sendProblem(request, reply.headers(commonHeaders(request)), toProblem(error)),
  }) as unknown as FastifyInstance;
  app.server.keepAliveTimeoutBuffer = KEEP_ALIVE_GRACE_MS;
  return app;
}

export function addHttpManners(app: FastifyInstance): void {
  // An expectation that is not known may be ignored (RFC 9110, section 10.1.1).
  app.server.on('checkExpectation', (request, response) => app.server.emit('request', request, response));
  app.addHook('onRequest', (request, _reply, done) => {
    const isMissing = request.headers.host === undefined && request.raw.httpVersion === '1.1';
    done(isMissing ? new HttpProblem('bad_request', 'a request of HTTP/1.1 needs a Host header') : undefined);
  });
}

/** A kept-alive connection can bring a request after the service has begun to stop. */
export function addRefusalWhileClosing(app: FastifyInstance, signal: AbortSignal): void {
  app.addHook('onRequest', (_request, _reply, done) => {
    done(signal.aborted ? closing() : undefined);
  });
}

/** A body that is no upload has to arrive within the time of a request; an upload only has to go on arriving. */
export function addBodyTimeout(app: FastifyInstance): void {
  app.addHook('onRequest', (request, _reply, done) => {
    done();
    const { raw } = request;
    // Of a request without a body, Node.js says only later that it is complete: a timer for each would cost more than its route.
    if (raw.complete || !announcesBody(raw)) return;
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

/** RFC 9112, section 6.3. */
const announcesBody = ({ headers }: IncomingMessage): boolean =>
  headers['transfer-encoding'] !== undefined || headers['content-length'] !== undefined;

const slow = () => Object.assign(new Error('the body is too slow'), { code: 'ERR_HTTP_REQUEST_TIMEOUT' });
