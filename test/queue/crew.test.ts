/** @file Turns of owners, and the crew that takes from several queues. */
import { setTimeout as sleep } from 'node:timers/promises';
import { expect, it } from 'vitest';
import { createLocalQueue, type Delivery, herdDelay, nextTurn, startCrew } from '../../src/queue/index.ts';
import { createRandom } from '../../src/util/random.ts';

/** As those who enqueue do: what waits, and what is at work, of each owner. */
async function serve(arrivals: readonly { owner: string; seconds: number }[], taken: number) {
  const queue = createLocalQueue();
  const open = new Map<string, { owner: string; seconds: number; turn: number; waits: boolean }>();
  const enqueue = async (owner: string, seconds: number) => {
    const all = [...open.values()];
    const waiting = all.filter(({ waits }) => waits).map(({ turn }) => turn);
    const own = all.filter((one) => one.owner === owner).map((one) => one.turn + one.seconds);
    const turn = nextTurn(
      waiting.length === 0 ? null : Math.min(...waiting),
      own.length === 0 ? null : Math.max(...own),
    );
    const key = String(open.size);
    open.set(key, { owner, seconds, turn, waits: true });
    await queue.enqueue([{ job: owner, key, turn }]);
  };
  for (const { owner, seconds } of arrivals) await enqueue(owner, seconds);
  const served: string[] = [];
  for (let i = 0; i < taken; i++) {
    const delivery = (await queue.take()) as Delivery;
    served.push(delivery.job);
    const message = open.get(delivery.key);
    if (message !== undefined) message.waits = false;
  }
  return served;
}

const many = (owner: string, count: number, seconds: number) =>
  Array.from({ length: count }, () => ({ owner, seconds }));

it('who comes after a thousand of another is next, and then they take turns', async () => {
  const served = await serve([...many('alice', 1000, 5), ...many('bob', 3, 5)], 8);
  expect(served[0]).toBe('bob');
  expect(served.filter((owner) => owner === 'bob')).toHaveLength(3);
});

it('owners share the seconds, not the number of trials', async () => {
  const served = await serve([...many('alice', 100, 10), ...many('bob', 100, 1)], 110);
  const alices = served.filter((owner) => owner === 'alice').length;
  expect(alices).toBeGreaterThanOrEqual(9);
  expect(alices).toBeLessThanOrEqual(11);
});

it('gives a thread its next work while the last result is stored; where none can be stored, not for ever', async () => {
  const queue = createLocalQueue();
  await queue.enqueue(Array.from({ length: 9 }, (_, i) => ({ job: 'a', key: String(i), turn: i })));
  const stored = Promise.withResolvers<void>();
  let begun = 0;
  const source = {
    queue,
    async perform(_delivery: Delivery, free: () => void) {
      begun++;
      await sleep(1);
      free();
      await stored.promise;
    },
  };
  const crew = startCrew([source], 2, () => {});
  crew.wake(source);
  await expect.poll(() => begun).toBe(4);
  await sleep(20);
  // As many as there are threads wait to be stored, and as many have come on top.
  expect([begun, crew.busy]).toEqual([4, 0]);
  stored.resolve();
  await expect.poll(() => begun).toBe(9);
  await crew.stop();
});

it('keeps as many threads busy as there are, and lets no queue wait for another to be empty', async () => {
  const order: string[] = [];
  let most = 0;
  let busy = 0;
  const source = (name: string) => {
    const queue = createLocalQueue();
    return {
      queue,
      async perform() {
        most = Math.max(most, ++busy);
        order.push(name);
        await sleep(5);
        busy--;
        if (name === 'fails') throw new Error('as announced');
      },
    };
  };
  const sources = [source('a'), source('b'), source('fails')];
  const errors: unknown[] = [];
  const crew = startCrew(sources, 2, (error) => void errors.push(error));
  for (const { queue } of sources)
    await queue.enqueue(Array.from({ length: 6 }, (_, i) => ({ job: 'job', key: `${i}`, turn: 0 })));
  for (const one of sources) crew.wake(one);
  await expect.poll(() => order.length).toBe(18);
  await crew.stop();
  expect(most).toBe(2);
  expect(new Set(order.slice(0, 6)).size).toBe(3);
  expect(errors).toHaveLength(6);
  await sources[0]?.queue.enqueue([{ job: 'job', key: 'late', turn: 0 }]);
  crew.wake(sources[0] as (typeof sources)[0]);
  await sleep(20);
  expect(order).toHaveLength(18);
});

it('a crew that is to ask later asks once for all that it is told in the meantime', async () => {
  const queue = createLocalQueue();
  let asked = 0;
  const source = {
    queue: {
      take() {
        asked++;
        return queue.take();
      },
    },
    perform: () => sleep(1),
  };
  const crew = startCrew([source], 4, () => {});
  for (let i = 0; i < 20; i++) crew.wake(source, 30);
  expect(asked).toBe(0);
  await expect.poll(() => asked).toBe(1);
  await sleep(60);
  expect(asked).toBe(1);
  // At once is sooner than later.
  crew.wake(source, 10_000);
  crew.wake(source);
  await expect.poll(() => asked).toBe(2);
  crew.wake(source, 20);
  await crew.stop();
  await sleep(50);
  expect(asked).toBe(2);
});

it('many processes together ask some 400 times a second at most, and the first of them soon', () => {
  expect(herdDelay(1)).toBe(0);
  for (const processes of [2, 25, 200, 5000]) {
    const random = createRandom(1, 'herd', processes);
    const delays = Array.from({ length: processes }, () => herdDelay(processes, random.uniform));
    expect(Math.max(...delays)).toBeLessThanOrEqual(1000);
    expect(Math.min(...delays)).toBeLessThan(50);
    // Announced without a pause, each asks again as soon as it has asked.
    const perSecond = processes / (delays.reduce((sum, ms) => sum + ms, 0) / processes / 1000);
    if (processes > 20 && processes <= 200) expect(perSecond).toBeLessThan(500);
  }
});
