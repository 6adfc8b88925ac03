/** @file The folder's door: events of jobs, posted to who asked for them. */
export { type Allowed, parseAllowed } from './addresses.ts';
export { createWebhooks, type Dispatcher, isSecret, type Webhooks } from './dispatcher.ts';
export {
  type Delivery,
  type DeliveryQueue,
  type DeliveryState,
  shownWebhookSchema,
  undelivered,
  type Webhook,
  type WebhookEvent,
  webhookSchema,
  withoutSecrets,
} from './webhook.ts';
