/** @file A span for each request. */
import type { FastifyInstance } from 'fastify';
import { endFailed, type Span, type Telemetry } from '../telemetry/index.ts';

declare module 'fastify' {
  interface FastifyRequest {
    span: Span | null;
  }
}

/** Named by the route's pattern, with the attributes of OpenTelemetry's conventions for HTTP and the job's id. */
export function addSpans(app: FastifyInstance, telemetry: Telemetry): void {
  app.decorateRequest('span', null);
  if (!telemetry.recorded) return;
  app.addHook('onRequest', (request, _reply, done) => {
    request.span = telemetry.startRequest(
      `${request.method} ${request.routeOptions.url ?? 'none'}`,
      request.headers,
    );
    done();
  });
  app.addHook('onResponse', (request, reply, done) => {
    const { span } = request;
    if (span === null) return done();
    span.setAttributes({
      'http.request.method': request.method,
      'http.route': request.routeOptions.url ?? 'none',
      'http.response.status_code': reply.statusCode,
      'url.path': request.url.split('?')[0] ?? '',
      'gradclinic.request.id': request.id,
    });
    if (reply.statusCode >= 500) endFailed(span, String(reply.statusCode));
    else span.end();
    done();
  });
}
