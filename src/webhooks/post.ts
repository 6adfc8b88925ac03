/** @file One attempt to post something to a URL of a client's: checked addresses, few redirects, bounded time, nothing read. */
import { lookup as resolveName } from 'node:dns';
import { type IncomingMessage, request as requestPlain } from 'node:http';
import { request as requestSecure } from 'node:https';
import { isIP, type LookupFunction } from 'node:net';
import { type Allowed, isAllowed, plainHost, refusalOf } from './addresses.ts';

/** The receiver may not be called, now or later. */
export class ForbiddenReceiver extends Error {
  override name = 'ForbiddenReceiver';
}

const MAX_REDIRECTS = 3;
/** Those after which the same is posted again. */
const REDIRECTS: ReadonlySet<number> = new Set([301, 302, 307, 308]);

/**
 * Resolves a name for one connection, which then goes to the very address that was checked: a name that stands for another
 * address a moment later gains nothing.
 */
const checkedLookup =
  (allowed: Allowed): LookupFunction =>
  (host, options, callback) =>
    resolveName(host, { ...options, all: true }, (error, addresses) => {
      if (error !== null) return callback(error, '');
      const forbidden = addresses.find(({ address }) => !isAllowed(host, address, allowed));
      const [first] = addresses;
      if (forbidden !== undefined || first === undefined)
        return callback(new ForbiddenReceiver('the name stands for an address that is not public'), '');
      return options.all ? callback(null, addresses) : callback(null, first.address, first.family);
    });

export interface Posted {
  readonly status: number;
}

interface PostOptions {
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
  readonly allowed: Allowed;
  readonly timeoutMs: number;
  readonly signal: AbortSignal;
}

/** The head of the answer; what follows is not read. */
function postOnce(url: URL, { headers, body, allowed }: PostOptions, signal: AbortSignal) {
  const refusal = refusalOf(url.href, allowed);
  if (refusal !== null) throw new ForbiddenReceiver(refusal);
  const host = plainHost(url.hostname);
  const send = url.protocol === 'https:' ? requestSecure : requestPlain;
  const { promise, resolve, reject } =
    Promise.withResolvers<Pick<IncomingMessage, 'statusCode' | 'headers'>>();
  const request = send(url, {
    method: 'POST',
    headers: { ...headers, 'content-length': String(Buffer.byteLength(body)) },
    // A connection of its own: one that is kept was checked for somebody else.
    agent: false,
    ...(isIP(host) === 0 && { lookup: checkedLookup(allowed) }),
    signal,
  });
  request.on('response', (response) => {
    resolve({ statusCode: response.statusCode ?? 0, headers: response.headers });
    response.on('error', () => {});
    response.destroy();
  });
  request.on('error', reject);
  request.end(body);
  return promise;
}

/** @throws ForbiddenReceiver, and the errors of connections */
export async function post(url: string, options: PostOptions): Promise<Posted> {
  const signal = AbortSignal.any([options.signal, AbortSignal.timeout(options.timeoutMs)]);
  let at = new URL(url);
  for (let redirects = 0; ; redirects++) {
    const { statusCode = 0, headers } = await postOnce(at, options, signal);
    const { location } = headers;
    if (!REDIRECTS.has(statusCode) || location === undefined) return { status: statusCode };
    const next = URL.parse(location, at.href);
    if (redirects === MAX_REDIRECTS || next === null || !/^https?:$/.test(next.protocol))
      return { status: statusCode };
    if (at.protocol === 'https:' && next.protocol !== 'https:')
      throw new ForbiddenReceiver('it redirects from https to http');
    at = next;
  }
}
