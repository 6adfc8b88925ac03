/** @file What is counted and logged of every answer. */
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { Metrics } from '../metrics/index.ts';
import { hasHungUp } from './failures.ts';

/** A line for each request; polls, which are many and all alike, only for who debugs. */
function logAnswer(request: FastifyRequest, { statusCode, elapsedTime }: FastifyReply): void {
  const { method, url, log } = request;
  const isQuiet = (method === 'GET' && statusCode < 400) || hasHungUp(request);
  const level = isQuiet ? 'debug' : 'info';
  log[level]({ method, url, status: statusCode, ms: elapsedTime }, 'request answered');
}

/** By the route's pattern: a path would be a series of its own for every job. */
export function recordAnswers(app: FastifyInstance, { requests }: Metrics): void {
  app.addHook('onResponse', (request, reply, done) => {
    const { url: route = 'none' } = request.routeOptions;
    const labels = { method: request.method, route, status: String(reply.statusCode) };
    requests.observe(labels, reply.elapsedTime / 1000);
    logAnswer(request, reply);
    done();
  });
}
