/** @file GET /v1/catalog, /v1/catalog/{kind}, /v1/catalog/{kind}/{id} */
import { z } from 'zod';
import { type CatalogEntry, catalog, entrySchema } from '../../catalog.ts';
import { type Endpoint, json } from '../../endpoint.ts';
import { HttpProblem } from '../../problem.ts';

const kinds = Object.keys(catalog) as [string, ...string[]];
const kindParam = z.enum(kinds);

function entriesOf(kind: string): CatalogEntry[] {
  const make = Object.hasOwn(catalog, kind) ? catalog[kind] : undefined;
  if (make === undefined) {
    throw new HttpProblem(
      'catalog_entry_not_found',
      `no kind "${kind.slice(0, 80)}"; there are: ${kinds.join(', ')}`,
    );
  }
  return make();
}

export const readCatalog: Endpoint = {
  method: 'GET',
  url: '/v1/catalog',
  operationId: 'readCatalog',
  tag: 'catalog',
  public: true,
  summary: 'Read the whole catalogue',
  description:
    'Every activation, layer, initializer, loss, optimizer, schedule, clipping, data set, rule and remedy.',
  responses: { 200: json('Entries by kind', z.record(z.string(), z.array(entrySchema))) },
  errors: [],
  handle: async (_request, reply) =>
    reply.send(Object.fromEntries(kinds.map((kind) => [kind, entriesOf(kind)]))),
};

export const readCatalogKind: Endpoint = {
  method: 'GET',
  url: '/v1/catalog/:kind',
  operationId: 'readCatalogKind',
  tag: 'catalog',
  public: true,
  summary: 'Read one kind of the catalogue',
  description: 'All entries of a kind, each with its options (JSON Schema), formula and sources.',
  params: z.object({ kind: kindParam }),
  responses: { 200: json('The entries', z.object({ data: z.array(entrySchema) })) },
  errors: ['catalog_entry_not_found'],
  handle: async (request, reply) =>
    reply.send({ data: entriesOf((request.params as { kind: string }).kind) }),
};

export const readCatalogEntry: Endpoint = {
  method: 'GET',
  url: '/v1/catalog/:kind/:id',
  operationId: 'readCatalogEntry',
  tag: 'catalog',
  public: true,
  summary: 'Read one entry of the catalogue',
  description: 'One activation, layer, rule, remedy, …',
  params: z.object({ kind: kindParam, id: z.string() }),
  responses: { 200: json('The entry', entrySchema) },
  errors: ['catalog_entry_not_found'],
  async handle(request, reply) {
    const { kind, id } = request.params as { kind: string; id: string };
    const entries = entriesOf(kind);
    const entry = entries.find((candidate) => candidate.id === id);
    if (entry !== undefined) return reply.send(entry);
    const known = entries.map((candidate) => candidate.id).join(', ');
    throw new HttpProblem(
      'catalog_entry_not_found',
      `no "${id.slice(0, 80)}" among the ${kind}; there are: ${known}`,
    );
  },
};
