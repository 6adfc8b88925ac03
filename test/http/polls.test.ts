/** @file A request that brings nothing costs nothing beside its route: polls are the most frequent of all. */
import { type AddressInfo, connect } from 'node:net';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { pino } from 'pino';
import { expect, it, vi } from 'vitest';
import { z } from 'zod';
import { type Dependencies, defineEndpoint } from '../../src/http/endpoint.ts';
import { addBodyTimeout, createServer } from '../../src/http/server.ts';

const contract: Parameters<typeof defineEndpoint>[0] = {
  ...{ method: 'GET' as const, url: '/', operationId: 'nothing', tag: 'jobs' as const },
  ...{ summary: '', description: '', responses: {}, answer: () => 'ok' },
};

/** CPU microseconds of so many calls. */
async function costOf(endpoint: ReturnType<typeof defineEndpoint>, calls: number): Promise<number> {
  const request = { query: {}, params: {} } as FastifyRequest;
  const before = process.cpuUsage();
  for (let i = 0; i < calls; i++) await endpoint.handle(request, {} as FastifyReply, {} as Dependencies);
  const { user, system } = process.cpuUsage(before);
  return user + system;
}

it('an endpoint that takes no query is no slower than one that takes an empty one', async () => {
  const none = defineEndpoint(contract);
  const empty = defineEndpoint({ ...contract, params: z.object({}), query: z.object({}) });
  for (const endpoint of [none, empty]) await costOf(endpoint, 200);
  const ratios: number[] = [];
  for (let round = 0; round < 5; round++) ratios.push((await costOf(none, 500)) / (await costOf(empty, 500)));
  // A schema for each request made it thirty times.
  expect(ratios.toSorted((a, b) => a - b)[2]).toBeLessThan(5);
});

const timers = () => process.getActiveResourcesInfo().filter((name) => name === 'Timeout').length;

it('a request without a body starts no timer, one whose body is on its way starts one', async () => {
  const app = createServer(pino({ enabled: false }), 1000);
  app.addContentTypeParser('text/plain', (_request, _body, done) => done(null));
  let before = 0;
  const started: Record<string, number> = {};
  app.addHook('onRequest', (_request, _reply, done) => {
    before = timers();
    done();
  });
  addBodyTimeout(app);
  app.addHook('onRequest', ({ method }, _reply, done) => {
    setImmediate(() => {
      started[method] = timers() - before;
      done();
    });
  });
  for (const method of ['GET', 'POST']) app.route({ method, url: '/', handler: async () => 'ok' });
  await app.listen({ port: 0, host: '127.0.0.1' });
  const socket = connect((app.server.address() as AddressInfo).port, '127.0.0.1').resume();
  socket.write('GET / HTTP/1.1\r\nhost: test\r\n\r\n');
  await vi.waitFor(() => expect(started).toHaveProperty('GET'));
  socket.write('POST / HTTP/1.1\r\nhost: test\r\ncontent-type: text/plain\r\ncontent-length: 2\r\n\r\n');
  await vi.waitFor(() => expect(started).toHaveProperty('POST'));
  expect(started).toEqual({ GET: 0, POST: 1 });
  socket.destroy();
  await app.close();
});
