/** @file What a client asks for with `webhook`, and what is sent. */
import { z } from 'zod';

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
    events: z
      .array(z.enum(webhookEvents))
      .min(1)
      .refine((events) => new Set(events).size === events.length, 'name each event once')
      .default([...webhookEvents])
      .describe('Which; all unless given'),
  })
  .meta({
    id: 'Webhook',
    description:
      'Posts `{ type, timestamp, data }`, data being the job, once it is over; signed as Standard Webhooks say, at least once',
  });

export type Webhook = z.output<typeof webhookSchema>;

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

/** Where deliveries wait; a process that dies with some in hand loses none. */
export interface DeliveryQueue {
  /** Those that are due, at most so many. Nobody else gets them for `leaseSeconds`. */
  claim(count: number, leaseSeconds: number): Promise<readonly Delivery[]>;
  /** Nothing more is to be done about it. */
  remove(id: string): Promise<void>;
  postpone(id: string, seconds: number): Promise<void>;
}
