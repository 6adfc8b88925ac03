/** @file Turns of requests: who comes next, who is refused, and that nothing is forgotten. */
import { afterEach, describe, expect, it, vi } from 'vitest';
import { createTurns, type TurnLimits, type Turns } from '../../../src/http/turns.ts';

const create = (changes: Partial<TurnLimits> = {}): Turns =>
  createTurns({ atWork: 3, ofOneOwner: 2, waiting: 4, ...changes }, () => new Error('refused'));

/** Asks for turns, and keeps what has become of each. */
class Asker {
  readonly log: string[] = [];
  readonly #turns: Turns;
  readonly #done = new Map<string, () => void>();

  constructor(turns: Turns) {
    this.#turns = turns;
  }

  async ask(owner: string, name: string, signal = new AbortController().signal): Promise<void> {
    void this.#turns.take(owner, signal).then(
      (done) => {
        this.log.push(name);
        this.#done.set(name, done);
      },
      () => this.log.push(`${name} refused`),
    );
    await settled();
  }

  async finish(name: string): Promise<void> {
    this.#done.get(name)?.();
    await settled();
  }
}

afterEach(() => void vi.useRealTimers());

const settled = () => new Promise((resolve) => setImmediate(resolve));

describe('a turn', () => {
  it('is had at once by another owner, however much waits of the first', async () => {
    const asker = new Asker(create());
    for (const name of ['a1', 'a2', 'a3', 'a4']) await asker.ask('a', name);
    expect(asker.log).toEqual(['a1', 'a2']);
    await asker.ask('b', 'b1');
    expect(asker.log).toEqual(['a1', 'a2', 'b1']);
  });

  it('goes to who has less at work, then to who has had less', async () => {
    // Else a pause of the machine would be work of b.
    vi.useFakeTimers({ toFake: ['performance'] });
    const asker = new Asker(create({ atWork: 1, ofOneOwner: 1, waiting: 10 }));
    for (const name of ['a1', 'a2', 'a3']) await asker.ask('a', name);
    vi.advanceTimersByTime(20);
    for (const name of ['b1', 'b2']) await asker.ask('b', name);
    await asker.finish('a1');
    expect(asker.log).toEqual(['a1', 'b1']);
    // b has worked for less than a.
    vi.advanceTimersByTime(19);
    await asker.finish('b1');
    expect(asker.log).toEqual(['a1', 'b1', 'b2']);
    await asker.finish('b2');
    await asker.finish('a2');
    expect(asker.log).toEqual(['a1', 'b1', 'b2', 'a2', 'a3']);
  });

  it('is refused where too many wait; who waits for most gives up the newest for another', async () => {
    const asker = new Asker(create({ atWork: 1, ofOneOwner: 1 }));
    for (const name of ['a1', 'a2', 'a3', 'a4', 'a5', 'a6']) await asker.ask('a', name);
    expect(asker.log).toEqual(['a1', 'a6 refused']);
    await asker.ask('b', 'b1');
    expect(asker.log).toEqual(['a1', 'a6 refused', 'a5 refused']);
    await asker.ask('b', 'b2');
    // Two of each wait now.
    await asker.ask('b', 'b3');
    expect(asker.log.slice(3)).toEqual(['a4 refused', 'b3 refused']);
  });

  it('that is given up leaves no place taken', async () => {
    const asker = new Asker(create({ atWork: 1, ofOneOwner: 1, waiting: 1 }));
    const stop = new AbortController();
    await asker.ask('a', 'a1');
    await asker.ask('b', 'b1', stop.signal);
    stop.abort();
    await settled();
    await asker.ask('c', 'c1');
    await asker.finish('a1');
    expect(asker.log).toEqual(['a1', 'b1 refused', 'c1']);
  });
});
