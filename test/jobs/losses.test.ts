/** @file Losses of a training that runs: the ring that its thread writes, and the events that are told of it. */
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, expect, it, vi } from 'vitest';
import type { Job, JobEvent } from '../../src/jobs/job.ts';
import { type LossData, LossFeed, readRing } from '../../src/jobs/losses.ts';
import { LOSS_SLOTS, LossRing } from '../../src/statistics/index.ts';
import { endlessTraining, startTestService, type TestService, tinyExperiment } from '../http/service.ts';

let service: TestService;
beforeAll(async () => {
  service = await startTestService();
});
afterAll(() => service.close());

it('reads what the thread has written, thinned, the last step always', () => {
  const ring = new LossRing();
  expect(readRing('baseline/0', ring, 0)).toBeNull();
  for (let step = 0; step < 130; step++) ring.write(step, step === 129 ? Number.NaN : 1 / (step + 1));
  const other = new LossRing(ring.buffer);
  const data = readRing('baseline/0', other, 0) as LossData;
  expect(data.steps.length).toBeLessThanOrEqual(50);
  expect(data.steps.at(-1)).toBe(129);
  expect(data.losses.at(-1)).toBeNull();
  expect(data.losses[0]).toBe(1 / ((data.steps[0] as number) + 1));
  expect(readRing('baseline/0', other, 130)).toBeNull();
});

it('leaves out what was overwritten', () => {
  const ring = new LossRing();
  for (let step = 0; step < 3 * LOSS_SLOTS; step++) ring.write(step, step);
  const { steps, losses } = readRing('baseline/0', ring, 0) as LossData;
  expect(steps[0]).toBeGreaterThanOrEqual(2 * LOSS_SLOTS);
  expect(losses).toEqual(steps);
});

it('tells the first losses at once, also of trainings that have ended before anybody looked, but not of many', async () => {
  vi.useFakeTimers();
  try {
    const told: LossData[] = [];
    const feed = new LossFeed(async (data) => void told.push(data));
    for (let seed = 0; seed < 10; seed++) {
      const { ring, end } = feed.follow(`baseline/${seed}`);
      ring.write(0, seed);
      end();
    }
    await vi.advanceTimersByTimeAsync(150);
    expect(told.map(({ run }) => run)).toEqual([0, 1, 2, 3].map((seed) => `baseline/${seed}`));
    const { ring } = feed.follow('baseline/0');
    let step = 0;
    const counts: number[] = [];
    for (const seconds of [10, 100, 1000]) {
      const end = performance.now() + 1000 * seconds;
      const before = told.length;
      while (performance.now() < end) {
        ring.write(step, step++);
        await vi.advanceTimersByTimeAsync(50);
      }
      counts.push(told.length - before);
    }
    const [ten, hundred, thousand] = counts as [number, number, number];
    expect(ten).toBeLessThan(40);
    expect(hundred).toBeLessThan(200);
    // Ten times as long, and no more of them than by the logarithm.
    expect(thousand).toBeLessThan(1.5 * 100 * Math.log(10));
    feed.stop();
  } finally {
    vi.useRealTimers();
  }
});

it('goes on after a write that failed, and tells nothing once it is stopped', async () => {
  const told: LossData[] = [];
  const feed = new LossFeed(async (data) => {
    told.push(data);
    throw new Error('the database is away');
  });
  const { ring } = feed.follow('baseline/0');
  ring.write(0, 1);
  await expect.poll(() => told.length).toBe(1);
  ring.write(1, 0.5);
  await expect.poll(() => told.length).toBe(2);
  expect(told[1]).toEqual({ run: 'baseline/0', steps: [1], total_steps: null, losses: [0.5] });
  feed.stop();
  ring.write(2, 0.4);
  await sleep(800);
  expect(told).toHaveLength(2);
});

it('streams the losses of a job while it trains', async () => {
  const job = (await (await service.post('/v1/jobs', tinyExperiment(endlessTraining()))).json()) as Job;
  const losses = async () => {
    const { data } = (await (await service.get(`/v1/jobs/${job.id}/events`)).json()) as { data: JobEvent[] };
    return data.filter(({ type }) => type === 'losses').map((event) => event.data as unknown as LossData);
  };
  await expect.poll(async () => (await losses()).length).toBeGreaterThan(1);
  const [first, second] = (await losses()).filter(({ run }) => run === 'baseline/0');
  expect(first?.losses[0]).toBeTypeOf('number');
  expect(first?.total_steps).toBe(endlessTraining().training.steps);
  expect((second?.steps[0] ?? 0) > (first?.steps.at(-1) ?? Infinity) || second === undefined).toBe(true);
  await service.post(`/v1/jobs/${job.id}/cancel`, {});
});
