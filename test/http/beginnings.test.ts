/** @file A probe does not wait for all the requests that have come before it. */
import { once } from 'node:events';
import { type AddressInfo, connect } from 'node:net';
import { promisify } from 'node:util';
import { pino } from 'pino';
import { afterAll, expect, it, vi } from 'vitest';
import { addBeginnings } from '../../src/http/beginnings.ts';
import { createServer } from '../../src/http/server.ts';

const app = createServer(pino({ enabled: false }), 1000);
afterAll(() => app.close());

const OTHERS = 200;

it('is answered before most of 200 requests that came first, and all are answered', async () => {
  const begun: string[] = [];
  addBeginnings(app);
  app.addHook('onRequest', async ({ url }) => {
    begun.push(url);
  });
  const config = { needsKey: false, upload: false, takesBody: false };
  app.get('/other', { config: { ...config, probe: false } }, async () => 'other');
  app.get('/probe', { config: { ...config, probe: true } }, async () => 'probe');
  await app.listen({ port: 0, host: '127.0.0.1' });
  const { port } = app.server.address() as AddressInfo;
  const paths = [...Array.from({ length: OTHERS }, () => '/other'), '/probe'];
  const sockets = paths.map(() => connect(port, '127.0.0.1'));
  await Promise.all(sockets.map((socket) => once(socket, 'connect')));
  const accepted = promisify(app.server.getConnections.bind(app.server));
  await vi.waitFor(async () => expect(await accepted()).toBe(sockets.length));
  // One tick of the client: the service meets all of them at once.
  const answers = sockets.map(async (socket, i) => {
    socket.write(`GET ${paths[i]} HTTP/1.1\r\nhost: test\r\nconnection: close\r\n\r\n`);
    let text = '';
    for await (const chunk of socket) text += chunk;
    return text;
  });
  const texts = await Promise.all(answers);
  expect(texts.filter((text) => text.startsWith('HTTP/1.1 200') && text.endsWith('other'))).toHaveLength(
    OTHERS,
  );
  expect(texts.at(-1)).toMatch(/probe$/);
  expect(begun).toHaveLength(OTHERS + 1);
  expect(begun.indexOf('/probe')).toBeLessThan(OTHERS / 2);
});
