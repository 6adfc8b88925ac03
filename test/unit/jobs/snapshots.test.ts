/** @file When the thread of a training sends a snapshot: by its clock, and not more often than a hundredth of its time allows. */
import { MessageChannel } from 'node:worker_threads';
import { expect, it } from 'vitest';
import { openSnapshots } from '../../../workers/snapshots.ts';

function opened() {
  const { port1, port2 } = new MessageChannel();
  let time = 0;
  const snapshots = openSnapshots({ port: port2, seconds: 60, saved: null }, () => time);
  const sent: { step: number; records: Uint8Array }[] = [];
  port1.on('message', (message) => sent.push(message));
  return {
    ...{ sent, snapshots },
    close: () => port1.close(),
    answer: (goOn: boolean, ms: number) => port1.postMessage({ goOn, ms }),
    at(seconds: number, bytes = 0) {
      time = 1000 * seconds;
      return snapshots.isDue(bytes);
    },
    /** @param ms that it takes the thread */
    keep(step: number, ms: number) {
      time += ms;
      snapshots.keep({ step, records: Uint8Array.of(1, step), state: Uint8Array.of(2, step) });
    },
  };
}

it('one is due after the interval, and the next when the last one is kept', async () => {
  const { sent, at, keep, answer, close } = opened();
  expect([at(0), at(59.9), at(60)]).toEqual([false, false, true]);
  keep(1, 10);
  expect([at(100), at(1000)]).toEqual([false, false]);
  answer(true, 20);
  expect(at(1000)).toBe(true);
  keep(2, 10);
  answer(true, 20);
  expect([at(1059), at(1060)]).toEqual([false, true]);
  await expect.poll(() => sent.length).toBe(2);
  expect(sent.map(({ step, records }) => [step, ...records])).toEqual([
    [1, 1, 1],
    [2, 1, 2],
  ]);
  close();
});

it('those that cost more than a hundredth of the interval come more seldom', () => {
  const { at, keep, answer, close } = opened();
  expect(at(60)).toBe(true);
  keep(1, 300);
  answer(true, 700);
  // One second: a hundredth of a hundred.
  expect([at(121), at(159.9), at(160)]).toEqual([false, false, true]);
  keep(2, 1);
  answer(true, 1);
  expect([at(219), at(221)]).toEqual([false, true]);
  close();
});

it('the first of a large network, which is expected to cost more, comes later', () => {
  const { at, keep, answer, close } = opened();
  // 1.2 s for weights and two averages of 20 million parameters: a hundredth of two minutes.
  const bytes = 3 * 4 * 2e7;
  expect([at(60, bytes), at(119, bytes), at(121, bytes)]).toEqual([false, false, true]);
  keep(1, 200);
  answer(true, 300);
  // It cost half a second: from there on that counts.
  expect([at(180, bytes), at(182, bytes)]).toEqual([false, true]);
  close();
});

it('none follows where another training keeps them', () => {
  const { at, keep, answer, close } = opened();
  expect(at(60)).toBe(true);
  keep(1, 1);
  answer(false, 1);
  expect([at(130), at(10_000)]).toEqual([false, false]);
  close();
});
