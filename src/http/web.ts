/** @file The web application's pages and assets. Public: what they show, they ask the API for, with the reader's key. */
import { createHash } from 'node:crypto';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { webApplication } from '../web/index.ts';
import { isKnown } from './endpoint.ts';
import { HttpProblem } from './problem.ts';

/** One page for all: its script looks at the address. */
export const webPaths = ['/', '/jobs/:id', '/new', '/compare', '/activations'] as const;
export const ASSETS = '/assets/:file';

const YEAR_S = 31_536_000;

async function sendPage(request: FastifyRequest, reply: FastifyReply): Promise<FastifyReply> {
  const { page, policy } = await webApplication();
  const etag = `W/"${createHash('sha256').update(page).digest('base64url').slice(0, 22)}"`;
  reply.header('content-security-policy', policy).header('cache-control', 'no-cache');
  if (isKnown(request, reply, etag)) return reply.code(304).send();
  return reply.type('text/html; charset=utf-8').send(page);
}

async function sendAsset(request: FastifyRequest, reply: FastifyReply): Promise<FastifyReply> {
  const { assets } = await webApplication();
  const asset = assets.get(request.url.split('?')[0] ?? '');
  if (asset === undefined) throw new HttpProblem('route_not_found', 'no such asset; reload the page');
  return reply
    .header('cache-control', `public, max-age=${YEAR_S}, immutable`)
    .type(asset.type)
    .send(asset.text);
}

export function addWeb(app: FastifyInstance): void {
  for (const url of webPaths) app.get(url, sendPage);
  app.get(ASSETS, sendAsset);
}
