/** @file Who asks: the owner of a request by its access key, or 401. */
import type { FastifyInstance, FastifyRequest } from 'fastify';
import { type Access, ANONYMOUS } from '../access/index.ts';
import { HttpProblem } from './problem.ts';

declare module 'fastify' {
  interface FastifyContextConfig {
    needsKey?: boolean;
    /** Its body may take as long as it goes on arriving. */
    upload?: boolean;
  }
  interface FastifyRequest {
    /** Null where no valid key came, and one is needed. */
    owner: string | null;
  }
}

/** Owner of a request without a key to a public route: nobody in particular, without any jobs. */
export const ownerOf = (request: FastifyRequest): string => request.owner ?? ANONYMOUS;

/** Says who asks, before anything of the request is read. */
export function addOwner(app: FastifyInstance, access: Access): void {
  app.decorateRequest('owner', null);
  app.addHook('onRequest', (request, _reply, done) => {
    request.owner = access.identify(request.headers.authorization);
    done();
  });
}

/** After the requests were counted, so that wrong keys are counted too. */
export function addRefusal(app: FastifyInstance): void {
  app.addHook('onRequest', ({ owner, routeOptions, headers }, _reply, done) => {
    if (owner !== null || routeOptions.config.needsKey !== true) return done();
    const [detail, error] =
      headers.authorization === undefined
        ? ['send "Authorization: Bearer <key>"', '']
        : ['the key of the Authorization header is not known', ', error="invalid_token"'];
    const challenge = { 'www-authenticate': `Bearer realm="gradclinic"${error}` };
    return done(new HttpProblem('unauthorized', detail, { headers: challenge }));
  });
}
