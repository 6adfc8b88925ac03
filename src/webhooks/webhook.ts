/** @file What a client asks for with `webhook`, and what is sent. */
import { z } from 'zod';
import { list } from '../util/list.ts';

const webhookEvents = ['job.succeeded', 'job.failed', 'job.canceled'] as const;
export type WebhookEvent = (typeof webhookEvents)[number];

const MAX_URL = 2048;

const isWebUrl = (text: string): boolean => {
  const url = URL.parse(text);
  return url !== null && /^https?:$/.test(url.protocol) && url.username === '' && url.password === '';
};

export const webhookSchema = z
  .strictObject({
    url: z
      .string()
      .max(MAX_URL)
      .refine(isWebUrl, 'has to be an http or https URL without a user name')
      .refine(
        (text) => URL.parse(text)?.port !== '0',
        'has to have a port from 1 to 65535: nothing listens on 0',
      )
      .describe('Where each event is posted'),
    events: list(z.enum(webhookEvents))
      .min(1)
      .refine((events) => new Set(events).size === events.length, 'name each event once')
      .default([...webhookEvents])
      .describe('Which events are posted; default: all'),
  })
  .meta({
    id: 'Webhook',
    description:
      'When the job has ended, `{ type, timestamp, data }` is posted, where `data` is the job. The request is signed by the Standard Webhooks scheme and is sent at least once',
  });

export type Webhook = z.output<typeof webhookSchema>;

/** What is known of an event that was to be delivered. */
const deliverySchema = z
  .object({
    event: z.enum(webhookEvents),
    state: z
      .enum(['pending', 'delivered', 'failed'])
      .describe(
        '`pending`: it will be sent, or sent again; `delivered`: the receiver answered with 2xx; `failed`: given up, see `last_status` and `last_error`',
      ),
    attempts: z.int().min(0).describe('Number of attempts so far'),
    last_status: z.int().nullable().describe('HTTP status of the last answer; null if none came'),
    last_error: z
      .string()
      .nullable()
      .describe(
        'Why the last attempt got no answer: a code such as `ECONNREFUSED`, or words; null if an answer came',
      ),
    at: z.iso.datetime().nullable().describe('When the last attempt ended; null before the first'),
  })
  .meta({ id: 'WebhookDelivery' });

/** What a job or search says of its webhook. */
export const shownWebhookSchema = z
  .object({
    url: z
      .string()
      .describe('Scheme and host. Any path or query is shown as `/…`, because it may contain a secret'),
    events: list(z.enum(webhookEvents)),
    deliveries: list(deliverySchema).describe('Empty until one of the requested events has happened'),
  })
  .meta({ id: 'JobWebhook' });

type DeliveryTold = z.output<typeof deliverySchema>;

/** Of a delivery, beside its event. */
export type DeliveryState = Omit<DeliveryTold, 'event'>;

export const undelivered: DeliveryState = {
  ...{ state: 'pending', attempts: 0 },
  ...{ last_status: null, last_error: null, at: null },
};

/** @param url that was given with a job */
export function withoutSecrets(url: string): string {
  const { origin, href } = new URL(url);
  return href === `${origin}/` ? href : `${origin}/…`;
}

/** One event on its way to one receiver. */
export interface Delivery {
  /** The same for every attempt: a receiver knows by it what it has seen. */
  readonly id: string;
  readonly owner: string;
  readonly job_id: string;
  readonly url: string;
  /** JSON. */
  readonly payload: string;
  /** This one included. */
  readonly attempts: number;
}

export type Attempted = Pick<DeliveryState, 'state' | 'last_status' | 'last_error'>;

/** Where deliveries wait; a process that dies with some in hand loses none. */
export interface DeliveryQueue {
  /** Those that are due, at most so many. Nobody else gets them for `leaseSeconds`. */
  claim(count: number, leaseSeconds: number): Promise<readonly Delivery[]>;
  /** Keeps what an attempt came to. What is still pending is due again after so many seconds. */
  settle(delivery: Delivery, attempted: Attempted, retrySeconds: number): Promise<void>;
}
