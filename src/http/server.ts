/** @file The server of HTTP: its limits and manners, before any route. */
import { randomUUID } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import Fastify, {
  type FastifyBaseLogger,
  type FastifyInstance,
  type FastifyReply,
  type FastifyRequest,
  LogController,
} from 'fastify';
import { answerClientError } from './client_error.ts';
import { commonHeaders } from './common_headers.ts';
import { closing, HttpProblem, sendProblem, toProblem } from './problem.ts';

const REQUEST_ID = /^[\w.-]{1,64}$/;
/**
 * An idle connection is closed so much later than its `Keep-Alive: timeout` says. A client that stands still for a second
 * longer than it promised, on a busy machine, would otherwise send a request into a connection that is just being closed.
 */
const KEEP_ALIVE_GRACE_MS = 15_000;
const MAX_REQUEST_LINE = 16_384;

/** How long clients may take; milliseconds. */
export interface Patience {
  /** For the head of a request, and for a body that is no upload. So long an upload may stand still. */
  readonly request: number;
  /** So long an answer may wait for its client. The operating systems of both sides keep megabytes: it looks as if a slow client took nothing for a while. */
  readonly answer: number;
  /** For a whole upload, and for a whole answer. */
  readonly transfer: number;
}

const PATIENCE: Patience = { request: 30_000, answer: 120_000, transfer: 3_600_000 };
/** How many times in that for a request Node.js looks for heads that take too long. */
const LOOKS = 6;

/** @param maxBody bytes */
export function createServer(
  logger: FastifyBaseLogger,
  maxBody: number,
  { request: head, transfer } = PATIENCE,
): FastifyInstance {
  const app = Fastify({
    loggerInstance: logger,
    // A line each, once answered, is enough: see answers.ts.
    logController: new LogController({ disableRequestLogging: true }),
    bodyLimit: maxBody,
    requestTimeout: transfer,
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
    http: {
      requireHostHeader: false,
      headersTimeout: head,
      connectionsCheckingInterval: Math.ceil(head / LOOKS),
    },
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
export function addBodyTimeout(app: FastifyInstance, { request: body } = PATIENCE): void {
  app.addHook('onRequest', (request, reply, done) => {
    done();
    const { raw } = request;
    // Of a request without a body, Node.js says only later that it is complete: a timer for each would cost more than its route.
    if (raw.complete || !announcesBody(raw)) return;
    let seen = raw.socket.bytesRead;
    const timer = setInterval(() => {
      const isArriving = request.routeOptions.config.upload === true && raw.socket.bytesRead > seen;
      seen = raw.socket.bytesRead;
      if (raw.complete) clearInterval(timer);
      else if (isArriving) return;
      // Answered before it has come, and the answer is no place for another one.
      else if (reply.raw.headersSent) raw.socket.destroy();
      else answerClientError(slow(), raw.socket);
    }, body);
    raw.once('close', () => clearInterval(timer));
  });
}

/** Answers that are not larger lie in the buffers of the operating system, which costs nothing. */
const SMALL_BYTES = 65_536;

const isSmall = (payload: unknown): boolean =>
  typeof payload === 'string' || payload instanceof Uint8Array
    ? payload.length <= SMALL_BYTES
    : payload == null;

/**
 * A client has to go on taking its answer, and to have all of it within the time of a transfer: what it does not take stays in
 * memory. An answer that is still being made waits for nobody. A stream of events may go on for as long as its job.
 */
export function addAnswerTimeout(app: FastifyInstance, { answer, transfer } = PATIENCE): void {
  const giveUp = ({ log }: FastifyRequest, { raw }: FastifyReply) => {
    log.info('the client does not take its answer: the connection is closed');
    raw.destroy();
  };
  app.addHook('onRequest', (request, reply, done) => {
    const { raw } = reply;
    // Node.js counts from the last bytes that could be handed on. While none wait, all has been taken so far.
    raw.setTimeout(answer, () => raw.writableLength > 0 && giveUp(request, reply));
    done();
  });
  app.addHook('onSend', (request, reply, payload, done) => {
    done();
    if (isSmall(payload)) return;
    const timer = setTimeout(() => giveUp(request, reply), transfer);
    reply.raw.once('close', () => clearTimeout(timer));
  });
}

/** RFC 9112, section 6.3. */
const announcesBody = ({ headers }: IncomingMessage): boolean =>
  headers['transfer-encoding'] !== undefined || headers['content-length'] !== undefined;

const slow = () => Object.assign(new Error('the body is too slow'), { code: 'ERR_HTTP_REQUEST_TIMEOUT' });
