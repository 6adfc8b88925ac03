/** @file Clients that are slow, stop half-way or never read: each is waited for so long, and no longer. The bounds are shorter here. */
import diagnostics from 'node:diagnostics_channel';
import { once } from 'node:events';
import type { IncomingMessage, Server } from 'node:http';
import { connect, type Socket } from 'node:net';
import { Readable } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';
import type { FastifyReply } from 'fastify';
import { pino } from 'pino';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { drain } from '../../src/http/drain.ts';
import { addAnswerTimeout, addBodyTimeout, createServer } from '../../src/http/server.ts';
import { startTestService } from './service.ts';

const PATIENCE = { request: 400, answer: 400, transfer: 3000 };
/** More than what the operating system keeps of a connection whose client does not read. */
const LARGE = Buffer.alloc(24 * 2 ** 20, 'a');

let app: ReturnType<typeof createServer>;
let port: number;
let log: { msg: string }[];
/** Sockets of the service that are open. */
let open: Set<Socket>;

beforeEach(async () => {
  log = [];
  const sockets = new Set<Socket>();
  open = sockets;
  app = createServer(
    pino({ level: 'info' }, { write: (line) => void log.push(JSON.parse(line)) }),
    1e6,
    PATIENCE,
  );
  addBodyTimeout(app, PATIENCE);
  addAnswerTimeout(app, PATIENCE);
  app.post('/body', async ({ body }) => ({ got: body }));
  app.register(async (scope) => {
    scope.removeAllContentTypeParsers();
    scope.addContentTypeParser('*', (_request, body, done) => done(null, body));
    scope.post('/upload', { config: { upload: true } }, async ({ body }) => {
      let bytes = 0;
      for await (const chunk of body as Readable) bytes += (chunk as Buffer).length;
      return { bytes };
    });
  });
  const refuse = async (_request: unknown, reply: FastifyReply) => reply.code(401).send('no');
  app.post('/refused', { onRequest: refuse }, async () => 'yes');
  app.get('/large', async () => LARGE);
  app.get('/stream', async (_request, reply) =>
    reply.send(Readable.from(Array.from({ length: 384 }, () => LARGE.subarray(0, 65_536)))),
  );
  // Nothing waits for the client meanwhile.
  app.get('/slow', async (_request, reply) => {
    await sleep(3 * PATIENCE.answer);
    return reply.send('at last');
  });
  app.get('/endless', async (_request, reply) => {
    const parts = async function* () {
      for (;;) {
        yield 'a'.repeat(100_000);
        await sleep(50);
      }
    };
    return reply.send(Readable.from(parts()));
  });
  app.server.on('connection', (socket) => {
    sockets.add(socket);
    socket.once('close', () => sockets.delete(socket));
  });
  await app.listen({ port: 0, host: '127.0.0.1' });
  ({ port } = app.server.address() as { port: number });
});
afterEach(async () => {
  app.server.closeAllConnections();
  await app.close();
});

async function talk(bytes: string): Promise<Socket & { answer(): string }> {
  const socket = connect(port, '127.0.0.1');
  socket.on('error', () => {});
  await once(socket, 'connect');
  await expect.poll(() => open.size).toBeGreaterThan(0);
  socket.write(bytes);
  let text = '';
  return Object.assign(socket, {
    answer() {
      text += socket.read()?.toString() ?? '';
      return text;
    },
  });
}

const isOver = () => expect.poll(() => open.size, { timeout: 10_000 }).toBe(0);
const get = (path: string) => `GET ${path} HTTP/1.1\r\nhost: x\r\n\r\n`;
const post = (path: string, headers: string) =>
  `POST ${path} HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\n${headers}\r\n\r\n`;

describe('a client that does not send on', () => {
  it.each([
    ['within the head of a request', 'GET / HTTP/1.1\r\nhos'],
    ['within a body', `${post('/body', 'content-length: 1000')}{"half": `],
    ['within a body in chunks', `${post('/body', 'transfer-encoding: chunked')}5\r\n{"hal\r\n`],
    ['within an upload', `${post('/upload', 'content-length: 1000')}half`],
  ])('%s is told so, and its connection is closed', async (_where, bytes) => {
    const client = await talk(bytes);
    await isOver();
    expect(client.answer()).toMatch(/^HTTP\/1\.1 408 [\s\S]*"code":"request_timeout"/);
  });

  it('but byte by byte is told the same; only an upload may take longer', async () => {
    const clients = [
      await talk('GET / HTTP/1.1\r\nx: '),
      await talk(post('/body', 'content-length: 1000')),
      await talk(post('/upload', 'content-length: 16')),
    ] as const;
    for (let i = 0; i < 16; i++) {
      await sleep(60);
      for (const client of clients) if (client.writable) client.write('1');
    }
    await expect.poll(() => clients[2].answer()).toContain('{"bytes":16}');
    for (const client of clients.slice(0, 2)) expect(client.answer()).toMatch(/^HTTP\/1\.1 408 /);
  });

  it('a whole upload has its time, too', async () => {
    const client = await talk(post('/upload', 'content-length: 1000'));
    const timer = setInterval(() => client.writable && client.write('1'), 60);
    await isOver();
    clearInterval(timer);
    expect(client.answer()).toMatch(/^HTTP\/1\.1 408 /);
  });

  it('after it was answered is not answered again', async () => {
    const client = await talk(`${post('/refused', 'content-length: 1000')}{"half": `);
    await isOver();
    expect(client.answer().match(/HTTP\/1\.1/g)).toHaveLength(1);
    expect(client.answer()).toMatch(/^HTTP\/1\.1 401 /);
  });
});

const NOT_TAKEN = 'the client does not take its answer: the connection is closed';

describe('a client that does not read', () => {
  it.each([
    ['a large answer', get('/large')],
    ['a stream', get('/stream')],
    ['many answers that it asked for at once', get('/large').repeat(4)],
  ])('%s is let go of, and that is told', async (_what, bytes) => {
    const client = await talk(bytes);
    client.pause();
    await isOver();
    expect(log.map(({ msg }) => msg)).toContain(NOT_TAKEN);
  });

  it('but slowly has all the time that its answer may take, however long it is quiet in between', async () => {
    const client = await talk(get('/large'));
    let bytes = 0;
    let part = 0;
    for await (const chunk of client) {
      bytes += (chunk as Buffer).length;
      part += (chunk as Buffer).length;
      if (bytes >= LARGE.length) break;
      if (part < LARGE.length / 4) continue;
      part = 0;
      await sleep(0.75 * PATIENCE.answer);
    }
    expect(log.map(({ msg }) => msg)).not.toContain(NOT_TAKEN);
    client.destroy();
  });

  it('does not end a stream sooner than its client, but no later than a transfer may take', async () => {
    const client = await talk(get('/endless'));
    client.resume();
    const start = performance.now();
    await isOver();
    expect(performance.now() - start).toBeGreaterThan(0.9 * PATIENCE.transfer);
    expect(log.map(({ msg }) => msg)).toContain(NOT_TAKEN);
  });

  it('is not one that waits for an answer that takes long', async () => {
    const client = await talk(get('/slow'));
    await expect.poll(() => client.answer(), { timeout: 10_000 }).toContain('at last');
    client.destroy();
  });
});

it('what is sent after a refusal is read for so long, and for so much', async () => {
  const ends: number[] = [];
  app.server.removeAllListeners('request');
  app.server.on('request', async (request, response) => {
    const start = performance.now();
    await drain(request, { bytes: 1e6, ms: 500 });
    ends.push(performance.now() - start);
    response.end();
  });
  const client = await talk(post('/body', 'transfer-encoding: chunked'));
  const timer = setInterval(() => client.write('1\r\na\r\n'), 50);
  await expect.poll(() => ends).toHaveLength(1);
  clearInterval(timer);
  expect(ends[0]).toBeGreaterThan(400);
  const endless = await talk(post('/body', 'transfer-encoding: chunked'));
  endless.write(`200000\r\n${'a'.repeat(2 ** 21)}\r\n`);
  await expect.poll(() => ends).toHaveLength(2);
  expect(ends[1]).toBeLessThan(400);
});

/** What Node.js says of a request that it hands to a server of this process. */
interface Begun {
  readonly server: Server;
  readonly socket: Socket;
  readonly request: IncomingMessage;
}

it('of the service itself is half a minute for a request, two minutes for an answer that waits, an hour for all of it', async () => {
  const begun: Begun[] = [];
  const note = (message: unknown) => void begun.push(message as Begun);
  diagnostics.subscribe('http.server.request.start', note);
  const service = await startTestService();
  try {
    // Only the clock of the body's timer is turned on.
    vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval'] });
    const client = connect(Number(new URL(service.url).port), '127.0.0.1').setEncoding('utf8');
    let answer = '';
    client.on('data', (text: string) => {
      answer += text;
    });
    client.write(
      'POST /v1/jobs HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\ncontent-length: 9\r\n\r\n{',
    );
    while (begun.at(-1)?.request.method !== 'POST') await sleep(10);
    await sleep(50);
    const { server, socket } = begun.at(-1) as Begun;
    expect([server.headersTimeout, server.requestTimeout]).toEqual([30_000, 3_600_000]);
    expect(socket.timeout).toBe(120_000);
    vi.advanceTimersByTime(29_000);
    await sleep(50);
    expect(answer).toBe('');
    vi.advanceTimersByTime(1000);
    await once(client, 'close');
    expect(answer).toMatch(/^HTTP\/1\.1 408 /);
  } finally {
    vi.useRealTimers();
    diagnostics.unsubscribe('http.server.request.start', note);
    await service.close();
  }
});
