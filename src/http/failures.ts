/** @file What a request is answered that fails, or that no route takes. */
import type { FastifyInstance, FastifyRequest } from 'fastify';
import type { ErrorCode } from '../util/errors.ts';
import { nearest } from '../util/nearest.ts';
import { drain } from './drain.ts';
import type { Endpoint } from './endpoint.ts';
import { HttpProblem, sendProblem, toProblem } from './problem.ts';
import { stopUnpacking } from './unpack.ts';
import { ASSETS, webPaths } from './web.ts';

export type Route = Pick<Endpoint, 'method' | 'url'>;

/** Beside the endpoints of the contract. */
const pages: readonly Route[] = [...webPaths, ASSETS, '/openapi.json', '/docs'].map((url) => ({
  method: 'GET',
  url,
}));

/** The methods that a path takes, or none where no route has this path. */
export function methodsOf(url: string, served: readonly Route[]): string[] {
  const path = url.split('?')[0] ?? '';
  const matches = ({ url: pattern }: Route) =>
    new RegExp(`^${pattern.replaceAll('.', '\\.').replaceAll(/:\w+/g, '[^/]+')}$`).test(path);
  const methods = [...served, ...pages].filter(matches).map(({ method }) => method as string);
  return methods.length === 0
    ? []
    : [...new Set([...methods, ...(methods.includes('GET') ? ['HEAD'] : []), 'OPTIONS'])];
}

/** The path that was probably meant, with what stands in the place of a pattern's names; else where all are listed. */
function nearestRoute(url: string, served: readonly Route[]): string {
  const path = url.split('?')[0] ?? '';
  const given = path.split('/');
  const filled = [...served, ...pages].map(({ url: pattern }) =>
    pattern
      .split('/')
      .map((part, i) => (part.startsWith(':') ? (given[i] ?? part) : part))
      .join('/'),
  );
  const near = nearest(path, filled);
  return near === null ? 'see /docs' : `did you mean ${near}? See /docs`;
}

/** What is not the client's doing. */
const logged: ReadonlySet<ErrorCode> = new Set(['internal_error', 'database_unavailable', 'storage_full']);

/** Nobody is there to read the answer; the error that it caused looks like that of any connection. */
export const hasHungUp = ({ raw }: FastifyRequest): boolean => raw.destroyed && !raw.complete;

export function addErrors(app: FastifyInstance, served: readonly Route[], maxBody: number): void {
  app.setErrorHandler(async (error, request, reply) => {
    if (hasHungUp(request)) {
      request.log.debug({ err: error }, 'the client hung up');
      return sendProblem(request, reply, new HttpProblem('bad_request', 'the request was broken off'));
    }
    const problem = toProblem(error, { maxBody, contentType: request.headers['content-type'] });
    if (problem.code === 'body_too_large') {
      stopUnpacking(request.raw);
      await drain(request.raw);
      // It goes on sending: there will be no next request on this connection.
      if (!request.raw.complete) reply.header('connection', 'close');
    }
    if (logged.has(problem.code)) request.log.error({ err: error }, 'request failed');
    return sendProblem(request, reply, problem);
  });
  app.setNotFoundHandler((request, reply) => {
    const allowed = methodsOf(request.url, served);
    if (allowed.length === 0)
      return sendProblem(
        request,
        reply,
        new HttpProblem(
          'route_not_found',
          `no route ${request.method} here; ${nearestRoute(request.url, served)}`,
        ),
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
