/** @file The headers that every answer has. Those of helmet never change, so that they are made once. */
import { IncomingMessage, ServerResponse } from 'node:http';
import { Socket } from 'node:net';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import helmet from 'helmet';

/** The headers of helmet, except the content security policy: the pages of /docs set their own. */
function helmetHeaders(): Record<string, string> {
  const request = new IncomingMessage(new Socket());
  const response = new ServerResponse(request);
  helmet({ contentSecurityPolicy: false })(request, response, (error) => {
    if (error !== undefined) throw error;
  });
  return response.getHeaders() as Record<string, string>;
}

const secureHeaders: Readonly<Record<string, string>> = { ...helmetHeaders() };

/** The headers of every answer: helmet's, and the id that the log knows the request by. */
export const commonHeaders = ({ id }: FastifyRequest): Record<string, string> => ({
  ...secureHeaders,
  'x-request-id': id,
});

export function addCommonHeaders(app: FastifyInstance): void {
  app.addHook('onRequest', (request, reply, done) => {
    reply.headers(commonHeaders(request));
    done();
  });
}
