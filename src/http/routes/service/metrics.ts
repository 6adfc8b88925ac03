/** @file GET /metrics: for Prometheus. */
import { z } from 'zod';
import { defineEndpoint } from '../../endpoint.ts';

export const readMetrics = defineEndpoint({
  method: 'GET',
  url: '/metrics',
  operationId: 'readMetrics',
  tag: 'service',
  summary: 'Read the metrics',
  description:
    'In the text format of Prometheus. No metric names an owner or a job. docs/operations.md lists all of them.',
  responses: { 200: { description: 'The metrics', content: { 'text/plain': z.string() } } },
  answer: async ({ reply }, { metrics }) =>
    reply.type('text/plain; version=0.0.4; charset=utf-8').send(await metrics.read()),
});
