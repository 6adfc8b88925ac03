/** @file How often one may ask (429), and when the process has enough to do (503). Both say when to try again. */
import type { Socket } from 'node:net';
import rateLimit from '@fastify/rate-limit';
import underPressure from '@fastify/under-pressure';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import { type Access, ANONYMOUS } from '../access/index.ts';
import { ownerOf } from './access.ts';
import { HttpProblem } from './problem.ts';

declare module 'fastify' {
  interface FastifyContextConfig {
    /** For those who watch the service: answered however busy it is. */
    probe?: boolean;
    /** Its body goes to a request thread as it came. */
    takesBody?: boolean;
  }
}

export interface PressureLimits {
  readonly max_event_loop_delay_ms: number;
  readonly max_rss_bytes: number;
}

const MINUTE_MS = 60_000;
const RETRY_AFTER_PRESSURE_S = 5;

/** By connection: its address stays the same. */
const addresses = new WeakMap<Socket, string>();

function addressOf({ ip, socket }: { ip: string | undefined; socket: Socket }): string {
  const known = addresses.get(socket);
  if (known !== undefined) return known;
  // If the connection was reset in the meantime, its address is gone.
  if (ip === undefined) return 'address unknown';
  const address = `address ${rateLimit.normalizeIP(ip)}`;
  addresses.set(socket, address);
  return address;
}

/** By key; by address where there is none, so that guessing keys is slow and one of them does not use up the others' share. */
const callerOf = (request: FastifyRequest): string =>
  request.owner === null || request.owner === ANONYMOUS ? addressOf(request) : `key ${request.owner}`;

/** @param access of the requests that come after; has to be added before */
export async function addRateLimit(app: FastifyInstance, access: Access): Promise<void> {
  await app.register(rateLimit, { global: false });
  const count = app.createRateLimit({
    timeWindow: MINUTE_MS,
    keyGenerator: callerOf,
    max: (request) => access.limitsOf(ownerOf(request)).requests_per_minute,
  });
  app.addHook('onRequest', async (request) => {
    if (request.routeOptions.config.probe === true) return;
    const state = await count(request);
    if (state.isAllowed || !state.isExceeded) return;
    throw new HttpProblem('rate_limited', `more than ${state.max} requests within a minute`, {
      headers: { 'retry-after': String(Math.max(1, state.ttlInSeconds)) },
    });
  });
}

const reasons: Readonly<Record<string, string>> = {
  [underPressure.TYPE_EVENT_LOOP_DELAY]: 'requests wait too long for their turn',
  [underPressure.TYPE_RSS_BYTES]: 'too much memory is in use',
};

export async function addBackPressure(
  app: FastifyInstance,
  { max_event_loop_delay_ms, max_rss_bytes }: PressureLimits,
): Promise<void> {
  await app.register(underPressure, {
    maxEventLoopDelay: max_event_loop_delay_ms,
    maxRssBytes: max_rss_bytes,
    pressureHandler: async (request, _reply, type, value) => {
      // No sample since the last look, as right after a single long task: that says nothing yet.
      if (value === Number.POSITIVE_INFINITY) return;
      if (request.routeOptions.config.probe === true) return;
      throw new HttpProblem('overloaded', reasons[type] ?? 'the service has too much to do', {
        headers: { 'retry-after': String(RETRY_AFTER_PRESSURE_S) },
      });
    },
  });
}
