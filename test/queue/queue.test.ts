/** @file What a queue promises, in this process and in PostgreSQL. */
import type { Transaction } from 'kysely';
import pg from 'pg';
import { pino } from 'pino';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openDatabase } from '../../src/jobs/database.ts';
import type { Tables } from '../../src/jobs/tables.ts';
import { createLocalQueue, type Message, openSharedQueue, type Queue } from '../../src/queue/index.ts';
import { type PostgresServer, startPostgres } from '../postgres.ts';

const logger = pino({ level: 'silent' });
const message = (key: string, turn = 0, job = 'job'): Message => ({ job, key, turn });

async function drain(queue: Queue<never>): Promise<string[]> {
  const keys: string[] = [];
  for (;;) {
    const delivery = await queue.take();
    if (delivery === null) return keys;
    keys.push(delivery.key);
    await delivery.done();
  }
}

const promises = (queue: () => Queue<never>) => {
  it('gives the least turn first, of equals the oldest', async () => {
    for (const [key, turn] of [
      ['late', 3.2],
      ['first', 1],
      ['second', 1],
      ['before all', -0.1],
    ] as const)
      await queue().enqueue([message(key, turn)]);
    expect(await drain(queue())).toEqual(['before all', 'first', 'second', 'late']);
  });

  it('gives every message to one of many', async () => {
    await queue().enqueue(Array.from({ length: 20 }, (_, i) => message(`${i}`)));
    const taken = await Promise.all(Array.from({ length: 30 }, () => queue().take()));
    const keys = taken.flatMap((delivery) => (delivery === null ? [] : [Number(delivery.key)]));
    expect(keys.sort((a, b) => a - b)).toEqual(Array.from({ length: 20 }, (_, i) => i));
    await Promise.all(taken.map((delivery) => delivery?.done()));
    expect(await queue().take()).toBeNull();
  });

  it('gives to another at once what was given back', async () => {
    await queue().enqueue([message('a'), message('b', 1)]);
    await (await queue().take())?.giveBack();
    expect(await drain(queue())).toEqual(['a', 'b']);
  });
};

describe('in this process', () => {
  const queue = createLocalQueue();
  promises(() => queue as Queue<never>);
});

describe('in PostgreSQL', () => {
  let server: PostgresServer;
  let url: string;
  let opened: Awaited<ReturnType<typeof openDatabase>>;
  let queue: Queue<Transaction<Tables>>;
  const open = (name = 'trials-a') =>
    openSharedQueue<Tables>({ url, name, leaseSeconds: 2, onError: () => {} });
  beforeAll(async () => {
    server = await startPostgres();
    url = await server.createDatabase();
    opened = await openDatabase({ dataDir: '', databaseUrl: url, logger });
    queue = await open();
  });
  afterAll(async () => {
    await queue.close();
    await opened.close();
    await server.stop();
  });
  promises(() => queue);

  it('holds a message once, while it waits and while it is at work', async () => {
    await queue.enqueue([message('a'), message('a')]);
    await queue.enqueue([message('a', 5)]);
    const delivery = await queue.take();
    await queue.enqueue([message('a')]);
    expect(await queue.take()).toBeNull();
    await delivery?.done();
    await queue.enqueue([message('a')]);
    expect(await drain(queue)).toEqual(['a']);
  });

  it('holds what the transaction has left there, or nothing', async () => {
    const enqueue = (key: string, end: () => void) =>
      opened.db.transaction().execute(async (db) => {
        await queue.enqueue([message(key)], db);
        expect(await queue.take()).toBeNull();
        end();
      });
    const rolledBack = enqueue('rolled back', () => {
      throw new Error('rolled back');
    });
    await expect(rolledBack).rejects.toThrow('rolled back');
    await enqueue('committed', () => {});
    expect(await drain(queue)).toEqual(['committed']);
  });

  it('keeps the messages of one kind of machine from others', async () => {
    const other = await open('trials-b');
    await other.enqueue([message('theirs')]);
    expect(await queue.take()).toBeNull();
    expect(await drain(other)).toEqual(['theirs']);
    await other.close();
  });

  it('gives to another what a silent process had, and nothing of who lives', async () => {
    await queue.enqueue([message('of the dead', 0), message('of the living', 1)]);
    const dead = await queue.take();
    const living = await queue.take();
    const client = new pg.Client({ connectionString: url });
    await client.connect();
    await client.query(
      "update gradclinic_queue.job set heartbeat_on = now() - interval '1 minute' where state = 'active'",
    );
    await client.end();
    if (living !== null) await queue.touch([living]);
    const keys: string[] = [];
    const take = async () => {
      const delivery = await queue.take();
      if (delivery !== null) keys.push(delivery.key);
      return keys;
    };
    await expect.poll(take, { interval: 500 }).toEqual(['of the dead']);
    // Late, and of no consequence: it is another's.
    await dead?.done();
    await queue.enqueue([message('of the dead')]);
    expect(await queue.take()).toBeNull();
    await living?.done();
  });
});
