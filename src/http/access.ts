/** @file Who asks: the owner of a request by its access key, or 401. */
import type { FastifyInstance, FastifyRequest } from 'fastify';
import { type Access, ANONYMOUS } from '../access/index.ts';
import { HttpProblem } from './problem.ts';

declare module 'fastify' {
  interface FastifyContextConfig {
    needsKey?: boolean;
  }
  interface FastifyRequest {
    /** Null where no valid key came, and one is needed. */
    owner: string | null;
  }
}

/** Of a public route that was asked without a key: nobody in particular, who has no jobs there. */
export const ownerOf = (request: FastifyRequest): string => request.owner ?? ANONYMOUS;

/** Before anything of the request is read. */
export function addAccess(app: FastifyInstance, access: Access): void {
  app.decorateRequest('owner', null);
  app.addHook('onRequest', async (request) => {
    request.owner = access.identify(request.headers.authorization);
    if (request.owner !== null || request.routeOptions.config.needsKey !== true) return;
    const { authorization } = request.headers;
    throw new HttpProblem(
      'unauthorized',
      authorization === undefined
        ? 'send "Authorization: Bearer <key>"'
        : 'the key of the Authorization header is not known',
      {
        headers: {
          'www-authenticate':
            authorization === undefined
              ? 'Bearer realm="gradclinic"'
              : 'Bearer realm="gradclinic", error="invalid_token"',
        },
      },
    );
  });
}
