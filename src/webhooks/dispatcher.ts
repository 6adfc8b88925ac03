/** @file Takes deliveries from the queue and posts them, again and again until they have arrived or are given up. */
import { Webhook } from 'standardwebhooks';
import { type Allowed, refusalOf } from './addresses.ts';
import { ForbiddenReceiver, post } from './post.ts';
import type { Attempted, Delivery, DeliveryQueue } from './webhook.ts';

export interface WebhookSettings {
  /** Signs what an owner's jobs send; null: the owner has no webhooks. */
  readonly secretOf: (owner: string) => string | null;
  readonly allowed: Allowed;
  /** Before the second attempt; twice as long before each that follows. */
  readonly retryMs: number;
  /** That one attempt may take, redirects included. */
  readonly timeoutMs: number;
  readonly version: string;
  readonly logger: WebhookLogger;
}

interface WebhookLogger {
  info(facts: object, message: string): void;
  warn(facts: object, message: string): void;
}

export interface Dispatcher {
  /** Ends the attempts that run; they are made again at the next start. */
  stop(): Promise<void>;
}

/** Receivers may take their time. */
const AT_ONCE = 32;
const POLL_MS = 1000;
const SHORTEST_POLL_MS = 20;
/** As many times longer than an attempt may take is nobody else given the delivery. */
const LEASE_FACTOR = 4;
/** Doubled from 5 s: the last comes after two days. */
const MAX_ATTEMPTS = 16;
const MAX_DELAY_S = 6 * 3600;
/** So that receivers that were away are not called by all at once. */
const JITTER = 0.2;
const GONE = 410;

/** Seconds until the next attempt. */
const delayOf = (attempts: number, retryMs: number): number =>
  Math.min((retryMs / 1000) * 2 ** (attempts - 1), MAX_DELAY_S) * (1 + JITTER * Math.random());

/** Whether the text is `whsec_` and base64, or base64 alone, of at least one byte. */
export const isSecret = (text: string): boolean =>
  /^(whsec_)?(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=|[A-Za-z0-9+/]{4})$/.test(text);

/** What ends a request names the signal's own reason as its cause. */
const isTimeout = (error: unknown): boolean =>
  error instanceof Error && (error.name === 'TimeoutError' || isTimeout(error.cause));

/** Messages of connections name hosts and codes, no secrets; those of a URL may. */
const reasonOf = (error: unknown): string => {
  if (isTimeout(error)) return 'no answer in time';
  const { name, code, message } = error as Error & { code?: string };
  return error instanceof ForbiddenReceiver ? message : (code ?? name);
};

async function attempt(
  { id, owner, url, payload }: Delivery,
  { secretOf, allowed, timeoutMs, version }: WebhookSettings,
  signal: AbortSignal,
): Promise<Attempted> {
  const secret = secretOf(owner);
  if (secret === null)
    return { state: 'failed', last_status: null, last_error: 'there is no secret to sign with any more' };
  const now = new Date();
  const headers = {
    'content-type': 'application/json',
    'user-agent': `gradclinic/${version}`,
    'webhook-id': id,
    'webhook-timestamp': String(Math.floor(now.getTime() / 1000)),
    'webhook-signature': new Webhook(secret).sign(id, now, payload),
  };
  try {
    const { status } = await post(url, { headers, body: payload, allowed, timeoutMs, signal });
    const state = status >= 200 && status < 300 ? 'delivered' : status === GONE ? 'failed' : 'pending';
    return { state, last_status: status, last_error: null };
  } catch (error) {
    const state = error instanceof ForbiddenReceiver ? 'failed' : 'pending';
    return { state, last_status: null, last_error: reasonOf(error) };
  }
}

export interface Webhooks {
  /** What is wrong with a webhook of this owner; null where nothing is. */
  refusalOf(owner: string, url: string): { readonly at: 'url' | ''; readonly message: string } | null;
  start(queue: DeliveryQueue): Dispatcher;
}

export function createWebhooks(settings: WebhookSettings): Webhooks {
  return {
    refusalOf(owner, url) {
      if (settings.secretOf(owner) === null)
        return { at: '', message: 'this service has no secret to sign webhooks with' };
      const message = refusalOf(url, settings.allowed);
      return message === null ? null : { at: 'url', message };
    },
    start: (queue) => startDispatcher(queue, settings),
  };
}

function startDispatcher(queue: DeliveryQueue, settings: WebhookSettings): Dispatcher {
  const { logger, retryMs, timeoutMs } = settings;
  const leaseSeconds = (LEASE_FACTOR * timeoutMs) / 1000;
  const stopped = new AbortController();
  const wake = Promise.withResolvers<void>();
  stopped.signal.addEventListener('abort', () => wake.resolve(), { once: true });

  async function deliver(delivery: Delivery): Promise<void> {
    const { id, job_id, url, attempts } = delivery;
    const attempted = await attempt(delivery, settings, stopped.signal);
    const { last_status, last_error } = attempted;
    if (stopped.signal.aborted && attempted.state === 'pending') return;
    const state = attempted.state === 'pending' && attempts >= MAX_ATTEMPTS ? 'failed' : attempted.state;
    const reason = last_error ?? `it answered ${last_status}`;
    // The host alone: what else a URL holds may be a secret.
    const facts = { job_id, webhook_id: id, host: new URL(url).host, attempts, reason };
    if (state === 'failed') logger.warn(facts, 'webhook given up');
    else logger.info(facts, state === 'delivered' ? 'webhook delivered' : 'webhook will be sent again');
    return queue.settle(delivery, { state, last_status, last_error }, delayOf(attempts, retryMs));
  }

  const running = new Set<Promise<void>>();
  const start = (delivery: Delivery) => {
    // What could not be stored comes again with the end of its lease.
    const one = deliver(delivery)
      .catch(() => {})
      .finally(() => running.delete(one));
    running.add(one);
  };

  async function run(): Promise<void> {
    while (!stopped.signal.aborted) {
      const free = AT_ONCE - running.size;
      // A database that is away is asked again.
      const due = free === 0 ? [] : await queue.claim(free, leaseSeconds).catch(() => []);
      for (const delivery of due) start(delivery);
      if (due.length > 0) continue;
      const rest = Promise.withResolvers<void>();
      const timer = setTimeout(rest.resolve, Math.min(POLL_MS, Math.max(SHORTEST_POLL_MS, retryMs)));
      await Promise.race([rest.promise, wake.promise]);
      clearTimeout(timer);
    }
    await Promise.all(running);
  }

  const ended = run();
  return {
    async stop() {
      stopped.abort();
      await ended;
    },
  };
}
