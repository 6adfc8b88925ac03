/** @file Clients that hang up while they send: no fault of ours, so that nothing is logged above debug. */
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { killAll, type ServerProcess, startServerProcess } from './server_process.ts';

const folder = mkdtempSync(join(tmpdir(), 'gradclinic-hang-up-'));
let server: ServerProcess;
beforeAll(async () => {
  server = await startServerProcess({ settings: { DATA_DIR: folder, LOG_LEVEL: 'debug' } });
});
afterAll(() => {
  killAll();
  rmSync(folder, { recursive: true, force: true });
});

const DEBUG = 20;

const part = Buffer.from('{"name": "half of a bo');

it.each([
  ['closes', '', part, false],
  ['resets', '', part, true],
  [
    'resets within a compressed body',
    'content-encoding: gzip\r\n',
    gzipSync(Buffer.alloc(5000, 'x')).subarray(0, 20),
    true,
  ],
  ['resets before the body', '', Buffer.alloc(0), true],
] as const)('one that %s is told of at debug level alone', async (_what, headers, body, resets) => {
  const before = server.log.length;
  const { port, hostname } = new URL(server.url);
  const socket = connect(Number(port), hostname);
  await once(socket, 'connect');
  const head = `POST /v1/jobs HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\n${headers}content-length: 1000\r\n\r\n`;
  socket.write(Buffer.concat([Buffer.from(head), body]));
  await sleep(300);
  if (resets) socket.resetAndDestroy();
  else socket.destroy();
  await expect
    .poll(() => server.log.slice(before).some(({ msg }) => msg === 'the client hung up'))
    .toBe(true);
  await sleep(100);
  const loud = server.log.slice(before).filter(({ level }) => level > DEBUG);
  expect(loud).toEqual([]);
});

it('those that reset before the service has looked at them are no errors either', async () => {
  const before = server.log.length;
  const { port, hostname } = new URL(server.url);
  const head =
    'POST /v1/preflight HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\ncontent-length: 1000';
  for (let i = 0; i < 30; i++) {
    const socket = connect(Number(port), hostname);
    await once(socket, 'connect');
    // Both at once: the service accepts a connection that is over, whose address is not known any more.
    socket.write(`${head}\r\n\r\n{"name": "half of a bo`);
    socket.resetAndDestroy();
  }
  await sleep(1000);
  expect((await fetch(`${server.url}/healthz`)).status).toBe(200);
  expect(server.log.slice(before).filter(({ level }) => level > DEBUG)).toEqual([]);
});
