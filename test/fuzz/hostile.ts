/** @file Requests that no client library would send. */
import { gzipSync } from 'node:zlib';
import fc from 'fast-check';

/** A request with a body as it is, or bytes for the socket with pauses between the pieces. */
export type Hostile =
  | { readonly kind: 'body'; readonly headers: Readonly<Record<string, string>>; readonly body: Buffer }
  | { readonly kind: 'bytes'; readonly pieces: readonly string[]; readonly hangUp: boolean };

const json = { 'content-type': 'application/json' };
const text = (body: string, headers: Record<string, string> = {}): Hostile => ({
  kind: 'body',
  headers: { ...json, ...headers },
  body: Buffer.from(body),
});

/** Zeros and blanks compress a thousandfold. */
const bomb = gzipSync(Buffer.alloc(24 * 2 ** 20, ' '));

const bodies: fc.Arbitrary<Hostile> = fc.oneof(
  fc
    .tuple(fc.integer({ min: 60, max: 100_000 }), fc.constantFrom('[', '{"a":', '[{"__proto__":'))
    .map(([depth, open]) => text(open.repeat(depth))),
  fc.integer({ min: 60, max: 20_000 }).map((depth) => text('['.repeat(depth) + ']'.repeat(depth))),
  fc.integer({ min: 1, max: 5000 }).map((digits) => text(`{"seed":${'9'.repeat(digits)}}`)),
  fc
    .constantFrom('1e999', '-0', '1E-999', '0x10', 'NaN', '', ' ', '\u0000', '\ufeff{}', '{"a":1,"a":2}')
    .map((t) => text(t)),
  fc
    .constantFrom(
      'text/plain',
      'application/xml',
      'multipart/form-data',
      'application/json; charset=utf-16',
      '/',
      'a',
    )
    .map((type) => text('{}', { 'content-type': type })),
  fc
    .uint8Array({ minLength: 1, maxLength: 200 })
    .map((bytes): Hostile => ({ kind: 'body', headers: json, body: Buffer.from(bytes) })),
  fc.constantFrom('utf16le' as const, 'latin1' as const).map(
    (encoding): Hostile => ({
      kind: 'body',
      headers: json,
      body: Buffer.from('{"name":"Überläufer"}', encoding),
    }),
  ),
  fc
    .constantFrom('gzip', 'br', 'deflate', 'identity', 'rot13', 'gzip, gzip')
    .map((encoding) => text('{"this is": "plain"}', { 'content-encoding': encoding })),
  fc.constant<Hostile>({ kind: 'body', headers: { ...json, 'content-encoding': 'gzip' }, body: bomb }),
  fc.nat(bomb.length - 2).map(
    (cut): Hostile => ({
      kind: 'body',
      headers: { ...json, 'content-encoding': 'gzip' },
      body: bomb.subarray(0, cut + 1),
    }),
  ),
);

const bytes = (pieces: string[], hangUp = false): Hostile => ({ kind: 'bytes', pieces, hangUp });
const CLOSE = 'connection: close\r\n\r\n';
const POST = 'POST /v1/preflight HTTP/1.1\r\nhost: a\r\ncontent-type: application/json\r\n';

const sockets: fc.Arbitrary<Hostile> = fc.oneof(
  // Pipelining.
  fc
    .integer({ min: 2, max: 30 })
    .map((n) =>
      bytes([
        `${'GET /healthz HTTP/1.1\r\nhost: a\r\n\r\n'.repeat(n)}GET /v1/jobs HTTP/1.1\r\nhost: a\r\n${CLOSE}`,
      ]),
    ),
  // Headers beyond the bound, and many of them.
  fc
    .integer({ min: 1000, max: 60_000 })
    .map((size) => bytes([`GET /healthz HTTP/1.1\r\nhost: a\r\nx: ${'y'.repeat(size)}\r\n${CLOSE}`])),
  fc
    .integer({ min: 100, max: 3000 })
    .map((n) => bytes([`GET /healthz HTTP/1.1\r\nhost: a\r\n${'x: y\r\n'.repeat(n)}${CLOSE}`])),
  // Chunks that are none, lengths that lie, both at once.
  fc
    .constantFrom(
      'zz\r\n{}\r\n0\r\n\r\n',
      '-1\r\n{}\r\n',
      'ffffffffffffffff\r\n{}',
      '2;x=y\r\n{}\r\n0\r\n\r\n',
      '2\r\n{}x\r\n0\r\n\r\n',
    )
    .map((chunks) => bytes([`${POST}transfer-encoding: chunked\r\n${CLOSE}${chunks}`], true)),
  fc
    .constantFrom('-1', '1e3', '99999999999', '2, 2', '')
    .map((length) => bytes([`${POST}content-length: ${length}\r\n${CLOSE}{}`], true)),
  fc.constant(bytes([`${POST}content-length: 2\r\ntransfer-encoding: chunked\r\n${CLOSE}0\r\n\r\n`], true)),
  // Slow, and gone before the end.
  fc
    .integer({ min: 2, max: 6 })
    .map((n) => bytes([`${POST}content-length: ${n}\r\n${CLOSE}`, ...Array.from({ length: n }, () => ' ')])),
  fc
    .integer({ min: 10, max: 10_000 })
    .map((n) => bytes([`${POST}content-length: ${n}\r\n${CLOSE}`, '{"a":'], true)),
  // Not HTTP.
  fc
    .string({ unit: 'binary', minLength: 1, maxLength: 200 })
    .map((noise) => bytes([noise, '\r\n\r\n'], true)),
  fc
    .constantFrom(
      'FOO / HTTP/1.1',
      'GET / HTTP/9.9',
      'GET  HTTP/1.1',
      'GET /\u0000 HTTP/1.1',
      'CONNECT a:1 HTTP/1.1',
      'PRI * HTTP/2.0',
    )
    .map((line) => bytes([`${line}\r\nhost: a\r\n${CLOSE}`], true)),
);

export const hostile: fc.Arbitrary<Hostile> = fc.oneof(
  { weight: 3, arbitrary: bodies },
  { weight: 2, arbitrary: sockets },
);
