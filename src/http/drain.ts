/** @file Reads and drops what a client still sends, so that it gets to read the refusal: many send all before they read anything. */
import type { IncomingMessage } from 'node:http';

const MOST = { bytes: 512 * 2 ** 20, ms: 20_000 };

/** Ends with the body, or where it is too long or too slow for that. */
export function drain(request: IncomingMessage, most = MOST): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  if (request.complete || request.destroyed) return Promise.resolve();
  const timer = setTimeout(resolve, most.ms);
  let bytes = 0;
  request.on('data', ({ length }: Buffer) => {
    bytes += length;
    if (bytes > most.bytes) resolve();
  });
  for (const event of ['end', 'close', 'error']) request.once(event, () => resolve());
  request.resume();
  return promise.finally(() => clearTimeout(timer));
}
