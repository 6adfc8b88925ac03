/** @file Deliveries of webhooks in the store: to one receiver at a time, until they have arrived, told on the job. */
import { describe, expect, it, vi } from 'vitest';
import { createDeliveryQueue } from '../../src/jobs/deliveries.ts';
import { present } from '../../src/util/assert.ts';
import type { Delivery, DeliveryQueue } from '../../src/webhooks/index.ts';
import type { StoreFixture } from './store_fixture.ts';

export function testDeliveries(on: StoreFixture): void {
  describe('a webhook', () => {
    const webhook = { url: 'https://example.org/hook', events: ['job.failed', 'job.canceled'] as const };
    const asked = { webhook: { ...webhook, events: [...webhook.events] } };
    const later = { state: 'pending', last_status: null, last_error: 'ECONNREFUSED' } as const;
    const arrived = { state: 'delivered', last_status: 204, last_error: null } as const;
    const claimOne = (queue: DeliveryQueue, leaseSeconds = 60): Promise<Delivery> =>
      vi.waitFor(async () => present((await queue.claim(1, leaseSeconds))[0]));

    it('gets the event with the end of its job, once at a time, until it is done with', async () => {
      const queue = createDeliveryQueue(on.opened.db);
      expect(await queue.claim(9, 60)).toEqual([]);
      const [failed, canceled] = [await on.submit(asked), await on.submit(asked)];
      await on.submit();
      await on.attempts.fail(await on.claim(), { code: 'internal_error', detail: 'no' });
      await on.store.cancel(canceled);
      // Two that ask at once do not get the same.
      const [some, others] = await Promise.all([queue.claim(1, 60), queue.claim(9, 60)]);
      const claimed = [...some, ...others];
      expect(claimed.map(({ job_id }) => job_id).sort()).toEqual([failed, canceled].sort());
      expect(await queue.claim(9, 60)).toEqual([]);
      const delivery = claimed.find(({ job_id }) => job_id === failed);
      expect(delivery).toMatchObject({ owner: 'alice', url: webhook.url, attempts: 1 });
      const job = await on.jobOf(failed);
      const payload = { type: 'job.failed', timestamp: job?.finished_at, data: job };
      expect(JSON.parse(delivery?.payload ?? '')).toEqual(payload);
      // It outlives the job.
      await on.store.remove(failed);
      await queue.settle(present(delivery), later, 0.02);
      const second = await claimOne(queue);
      expect(second).toMatchObject({ id: delivery?.id, attempts: 2 });
      await queue.settle(second, arrived, 0);
      await queue.settle(second, later, 0);
      expect(await queue.claim(9, 60)).toEqual([]);
      await on.opened.db.deleteFrom('deliveries').execute();
    });

    it('is told of on the job: only by the latest attempt, unless another has arrived', async () => {
      const changed: string[] = [];
      const queue = createDeliveryQueue(on.opened.db, (job) => changed.push(job));
      const id = await on.submit(asked);
      const told = async () => (await on.jobOf(id))?.webhook;
      const shown = { url: 'https://example.org/…', events: ['job.failed', 'job.canceled'] };
      expect(await told()).toEqual({ ...shown, deliveries: [] });
      await on.store.cancel(id);
      const fresh = { state: 'pending', attempts: 0, last_status: null, last_error: null, at: null };
      expect(await told()).toEqual({ ...shown, deliveries: [{ event: 'job.canceled', ...fresh }] });
      const first = await claimOne(queue, 0.02);
      const second = await claimOne(queue);
      const refused = { state: 'failed', last_status: 410, last_error: null } as const;
      await queue.settle(first, later, 0);
      await queue.settle(first, refused, 0);
      expect((await told())?.deliveries).toMatchObject([fresh]);
      await queue.settle(second, later, 60);
      expect((await told())?.deliveries).toMatchObject([{ ...later, attempts: 2 }]);
      expect(Date.parse((await told())?.deliveries[0]?.at ?? '')).toBeGreaterThan(Date.now() - 60_000);
      await queue.settle(first, arrived, 0);
      await queue.settle(second, refused, 0);
      expect((await told())?.deliveries).toMatchObject([{ ...arrived, attempts: 2 }]);
      expect(changed).not.toEqual([]);
      expect(new Set(changed)).toEqual(new Set([id]));
    });

    it('whose holder has died is somebody else’s after the lease', async () => {
      const queue = createDeliveryQueue(on.opened.db);
      await on.store.cancel(await on.submit(asked));
      const [first] = await queue.claim(9, 0.05);
      await expect.poll(() => queue.claim(9, 60)).toMatchObject([{ id: first?.id, attempts: 2 }]);
      await on.opened.db.deleteFrom('deliveries').execute();
    });
  });
}
