/** @file A connection that its client may still use by what the service has promised is not closed under it. */
import { setTimeout } from 'node:timers/promises';
import { pino } from 'pino';
import { afterAll, expect, it } from 'vitest';
import { createServer } from '../../src/http/server.ts';

const app = createServer(pino({ enabled: false }), 1000);
app.get('/', async () => 'ok');
/** As short as the client in Node.js keeps any connection. */
const PROMISED_MS = 3000;
afterAll(() => app.close());

it('a request comes through after a standstill that is longer than the promise', async () => {
  app.server.keepAliveTimeout = PROMISED_MS;
  const url = await app.listen({ port: 0, host: '127.0.0.1' });
  const first = await fetch(url);
  expect(first.headers.get('keep-alive')).toBe(`timeout=${PROMISED_MS / 1000}`);
  await first.text();
  // The service counts from when it has seen the end of its answer.
  await setTimeout(100);
  // Client and service stand still together, as on a machine that is busy with something else.
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, PROMISED_MS + 1300);
  expect(await (await fetch(url)).text()).toBe('ok');
});
