/** @file GET /v1/catalog, /v1/catalog/{kind}, /v1/catalog/{kind}/{id} */
import { createHash } from 'node:crypto';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { z } from 'zod';
import { nameAdvice } from '../../../experiment/index.ts';
import { type CatalogEntry, catalog, entrySchema } from '../../catalog.ts';
import { defineEndpoint, etagHeaders, isKnown, json } from '../../endpoint.ts';
import { HttpProblem } from '../../problem.ts';
import { type Encoding, encodings } from '../../readings/catalog.ts';
import type { RequestThreads } from '../../threads.ts';

const kinds = Object.keys(catalog) as [string, ...string[]];
/** One that is not there is answered by what there is. */
const kindParam = z.string().meta({ enum: kinds });

interface Answer {
  readonly text: Uint8Array;
  /** Only what is long is packed. */
  readonly packed: Readonly<Partial<Record<Encoding, Uint8Array>>>;
  readonly etag: string;
}

function answerOf({ text, packed }: Omit<Answer, 'etag'>): Answer {
  const hash = createHash('sha256').update(text).digest('base64url').slice(0, 16);
  // Weak, because it is sent compressed or as it is.
  return { text, packed, etag: `W/"${hash}"` };
}

interface MadeCatalog {
  readonly whole: Answer;
  readonly kinds: ReadonlyMap<string, Answer>;
  readonly entries: Readonly<Record<string, readonly CatalogEntry[]>>;
}

async function make(threads: RequestThreads): Promise<MadeCatalog> {
  const { whole, kinds } = await threads.read('packedCatalog', async () => [], undefined);
  return {
    whole: answerOf(whole),
    kinds: new Map(Object.entries(kinds).map(([kind, packed]) => [kind, answerOf(packed)])),
    entries: JSON.parse(Buffer.from(whole.text).toString()),
  };
}

/** It never changes: made with the first request that asks for any of it. */
let made: Promise<MadeCatalog> | null = null;

function madeCatalog(threads: RequestThreads): Promise<MadeCatalog> {
  made ??= make(threads).catch((error: unknown) => {
    // No thread was free: the next request asks again.
    made = null;
    throw error;
  });
  return made;
}

function checkKind(kind: string): void {
  if (!Object.hasOwn(catalog, kind)) {
    throw new HttpProblem(
      'catalog_entry_not_found',
      `no kind "${kind.slice(0, 80)}"; ${nameAdvice(kind, kinds)}`,
    );
  }
}

/** Chosen as RFC 9110, section 12.5.3 says; undefined if the client accepts none of ours. */
function encodingOf(request: FastifyRequest): Encoding | undefined {
  const accepted = String(request.headers['accept-encoding'] ?? '')
    .toLowerCase()
    .split(',')
    .filter((part) => !/;\s*q=0(\.0*)?\s*$/.test(part))
    .map((part) => part.split(';')[0]?.trim());
  return encodings.find((name) => accepted.includes(name) || accepted.includes('*'));
}

function sendAnswer(request: FastifyRequest, reply: FastifyReply, { text, packed, etag }: Answer) {
  reply.header('vary', 'accept-encoding');
  if (isKnown(request, reply, etag)) return reply.code(304).send();
  reply.type('application/json; charset=utf-8');
  const encoding = encodingOf(request);
  const bytes = encoding === undefined ? undefined : packed[encoding];
  return bytes === undefined
    ? reply.send(Buffer.from(text.buffer, text.byteOffset, text.byteLength))
    : reply
        .header('content-encoding', encoding)
        .send(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength));
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
  answer: async ({ request, reply }, { threads }) =>
    sendAnswer(request, reply, (await madeCatalog(threads)).whole),
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
  async answer({ params: { kind }, request, reply }, { threads }) {
    checkKind(kind);
    return sendAnswer(request, reply, (await madeCatalog(threads)).kinds.get(kind) as Answer);
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
  async answer({ params: { kind, id }, request, reply }, { threads }) {
    checkKind(kind);
    const entries = (await madeCatalog(threads)).entries[kind] as readonly CatalogEntry[];
    const entry = entries.find((candidate) => candidate.id === id);
    if (entry !== undefined)
      return sendAnswer(request, reply, answerOf({ text: Buffer.from(JSON.stringify(entry)), packed: {} }));
    const known = entries.map((candidate) => candidate.id);
    throw new HttpProblem(
      'catalog_entry_not_found',
      `no "${id.slice(0, 80)}" among the ${kind}; ${nameAdvice(id, known)}`,
    );
  },
});
