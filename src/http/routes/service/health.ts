/** @file GET /healthz and /readyz */
import { z } from 'zod';
import { defineEndpoint, json } from '../../endpoint.ts';
import { HttpProblem } from '../../problem.ts';

const RETRY_AFTER_S = '5';

export const readHealth = defineEndpoint({
  method: 'GET',
  url: '/healthz',
  operationId: 'readHealth',
  tag: 'service',
  public: true,
  summary: 'Is the process alive',
  description: 'Answers as long as the process is alive.',
  responses: { 200: json('It is', z.object({ status: z.literal('ok'), version: z.string() })) },
  answer: ({ reply }, { version }) => reply.send({ status: 'ok', version }),
});

export const readReadiness = defineEndpoint({
  method: 'GET',
  url: '/readyz',
  operationId: 'readReadiness',
  tag: 'service',
  public: true,
  summary: 'Can the service take jobs',
  description:
    'Checks that the database answers, that its disk has room for a job, and that worker threads are alive.',
  responses: {
    200: json('It can', z.object({ database: z.boolean(), storage: z.boolean(), workers: z.boolean() })),
  },
  errors: ['not_ready'],
  async answer({ reply }, { jobs }) {
    const state = await jobs.ready();
    if (Object.values(state).every(Boolean)) return reply.send(state);
    const failing = Object.entries(state).flatMap(([name, fine]) => (fine ? [] : [name]));
    throw new HttpProblem('not_ready', `not ready: ${failing.join(', ')}`, {
      headers: { 'retry-after': RETRY_AFTER_S },
    });
  },
});
