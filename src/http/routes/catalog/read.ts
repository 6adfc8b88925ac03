/** @file GET /v1/catalog, /v1/catalog/{kind}, /v1/catalog/{kind}/{id} */
import { createHash } from 'node:crypto';
import { brotliCompressSync, constants, deflateSync, gzipSync, zstdCompressSync } from 'node:zlib';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { z } from 'zod';
import { nameAdvice } from '../../../experiment/index.ts';
import { type CatalogEntry, catalog, entrySchema } from '../../catalog.ts';
import { defineEndpoint, etagHeaders, isKnown, json } from '../../endpoint.ts';
import { HttpProblem } from '../../problem.ts';

const kinds = Object.keys(catalog) as [string, ...string[]];
/** One that is not there is answered by what there is. */
const kindParam = z.string().meta({ enum: kinds });

function entriesOf(kind: string): CatalogEntry[] {
  const make = Object.hasOwn(catalog, kind) ? catalog[kind] : undefined;
  if (make === undefined) {
    throw new HttpProblem(
      'catalog_entry_not_found',
      `no kind "${kind.slice(0, 80)}"; ${nameAdvice(kind, kinds)}`,
    );
  }
  return remembered(kind, make);
}

const made = new Map<string, CatalogEntry[]>();

/** The theory of every activation takes a tenth of a second: made once. */
function remembered(kind: string, make: () => CatalogEntry[]): CatalogEntry[] {
  const entries = made.get(kind) ?? make();
  made.set(kind, entries);
  return entries;
}

/** In the order in which they are preferred. The highest quality of Brotli would take a second. */
const packers: Readonly<Record<string, (text: Buffer) => Buffer>> = {
  br: (text) => brotliCompressSync(text, { params: { [constants.BROTLI_PARAM_QUALITY]: 5 } }),
  gzip: gzipSync,
  zstd: zstdCompressSync,
  deflate: deflateSync,
};

interface Answer {
  readonly text: Buffer;
  /** By encoding, each made once: compressing it for each request would take longer than all else. */
  readonly packed: Map<string, Buffer>;
  readonly etag: string;
}

const answers = new Map<string, Answer>();

function answerOf(key: string, make: () => unknown): Answer {
  const known = answers.get(key);
  if (known !== undefined) return known;
  const text = Buffer.from(JSON.stringify(make()));
  const hash = createHash('sha256').update(text).digest('base64url').slice(0, 16);
  // Weak, because it is sent compressed or as it is.
  const answer = { text, packed: new Map(), etag: `W/"${hash}"` };
  answers.set(key, answer);
  return answer;
}

function packedAs({ text, packed }: Answer, encoding: string): Buffer {
  const known = packed.get(encoding) ?? (packers[encoding] as (text: Buffer) => Buffer)(text);
  packed.set(encoding, known);
  return known;
}

/** Of RFC 9110, section 12.5.3; null where the client takes none of ours. */
function encodingOf(request: FastifyRequest): string | null {
  const accepted = String(request.headers['accept-encoding'] ?? '')
    .toLowerCase()
    .split(',')
    .filter((part) => !/;\s*q=0(\.0*)?\s*$/.test(part))
    .map((part) => part.split(';')[0]?.trim());
  return Object.keys(packers).find((name) => accepted.includes(name) || accepted.includes('*')) ?? null;
}

function sendAnswer(request: FastifyRequest, reply: FastifyReply, answer: Answer) {
  reply.header('vary', 'accept-encoding');
  if (isKnown(request, reply, answer.etag)) return reply.code(304).send();
  reply.type('application/json; charset=utf-8');
  const encoding = encodingOf(request);
  return encoding === null
    ? reply.send(answer.text)
    : reply.header('content-encoding', encoding).send(packedAs(answer, encoding));
}

const wholeCatalog = (): Answer =>
  answerOf('', () => Object.fromEntries(kinds.map((kind) => [kind, entriesOf(kind)])));

/** Before the first request could wait for it. */
export function warmCatalog(): void {
  const whole = wholeCatalog();
  for (const encoding of Object.keys(packers)) packedAs(whole, encoding);
}

const unchanged = { 304: { description: 'Unchanged since the ETag' } };

export const readCatalog = defineEndpoint({
  method: 'GET',
  url: '/v1/catalog',
  operationId: 'readCatalog',
  tag: 'catalog',
  public: true,
  summary: 'Read the whole catalogue',
  description:
    'Every activation, layer, initializer, loss, optimizer, schedule, clipping, data set, rule and remedy.',
  headers: etagHeaders,
  responses: { ...unchanged, 200: json('Entries by kind', z.record(z.string(), z.array(entrySchema))) },
  answer: ({ request, reply }) => sendAnswer(request, reply, wholeCatalog()),
});

export const readCatalogKind = defineEndpoint({
  method: 'GET',
  url: '/v1/catalog/:kind',
  operationId: 'readCatalogKind',
  tag: 'catalog',
  public: true,
  summary: 'Read one kind of the catalogue',
  description: 'All entries of a kind, each with its options (JSON Schema), formula and sources.',
  params: z.object({ kind: kindParam }),
  headers: etagHeaders,
  responses: { ...unchanged, 200: json('The entries', z.object({ data: z.array(entrySchema) })) },
  errors: ['catalog_entry_not_found'],
  async answer({ params: { kind }, request, reply }) {
    const entries = entriesOf(kind);
    return sendAnswer(
      request,
      reply,
      answerOf(`${kind}/`, () => ({ data: entries })),
    );
  },
});

export const readCatalogEntry = defineEndpoint({
  method: 'GET',
  url: '/v1/catalog/:kind/:id',
  operationId: 'readCatalogEntry',
  tag: 'catalog',
  public: true,
  summary: 'Read one entry of the catalogue',
  description: 'One activation, layer, rule, remedy, …',
  params: z.object({ kind: kindParam, id: z.string() }),
  headers: etagHeaders,
  responses: { ...unchanged, 200: json('The entry', entrySchema) },
  errors: ['catalog_entry_not_found'],
  async answer({ params: { kind, id }, request, reply }) {
    const entries = entriesOf(kind);
    const entry = entries.find((candidate) => candidate.id === id);
    if (entry !== undefined)
      return sendAnswer(
        request,
        reply,
        answerOf(`${kind}/${id}`, () => entry),
      );
    const known = entries.map((candidate) => candidate.id);
    throw new HttpProblem(
      'catalog_entry_not_found',
      `no "${id.slice(0, 80)}" among the ${kind}; ${nameAdvice(id, known)}`,
    );
  },
});
