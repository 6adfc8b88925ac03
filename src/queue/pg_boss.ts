/** @file A queue that processes share, kept by pg-boss in the schema `gradclinic_queue` of the same PostgreSQL. */
import type { Transaction } from 'kysely';
import { fromKysely, type JobAttempt, PgBoss } from 'pg-boss';
import type { Delivery, Message, Queue } from './queue.ts';

export interface SharedQueueOptions {
  readonly url: string;
  /** Only who names the same takes from it. */
  readonly name: string;
  /** How long who took a message may be silent before it is another's; pg-boss knows no less than ten. */
  readonly leaseSeconds: number;
  /** Hears what goes wrong behind the scenes: a pass over the queue that the database did not answer. */
  readonly onError: (error: unknown) => void;
}

const LEAST_LEASE_S = 10;
/** How often silence is looked for. */
const LOOK_S = 5;
/** Messages that are done are of use only to who looks at pg-boss's dashboard. */
const KEEP_DONE_S = 3600;
const DAY_S = 86_400;
/** A message that kills everyone who takes it is ended by its order, which counts the starts. */
const RETRIES = 1_000_000;
/** Turns are told apart to a tenth of a second; the priorities of pg-boss are integers of 32 bits. */
const PER_SECOND = 10;
const MOST = 2 ** 31 - 1;
const CONNECTIONS = 3;
const SILENCE_MS = 15_000;

const priorityOf = (turn: number): number => -Math.max(-MOST, Math.min(MOST, Math.floor(turn * PER_SECOND)));

type Body = Pick<Message, 'job' | 'key'>;

interface Taken extends Delivery {
  readonly attempt: JobAttempt;
}

/** Those of `touch` are its own. */
const attemptOf = (delivery: Delivery): JobAttempt => (delivery as Taken).attempt;

function createBoss({ url, onError }: SharedQueueOptions): PgBoss {
  const options = {
    connectionString: url,
    schema: 'gradclinic_queue',
    application_name: 'gradclinic queue',
    max: CONNECTIONS,
    // Like every other connection of the service: a host that has vanished does not say so.
    keepAlive: true,
    query_timeout: SILENCE_MS,
    schedule: false,
    registerInstance: false,
    superviseIntervalSeconds: LOOK_S,
    monitorIntervalSeconds: LOOK_S,
  };
  const boss = new PgBoss(options);
  boss.on('error', onError);
  return boss;
}

/** Connected, its tables made. @throws what the driver throws */
export async function openSharedQueue<Tables>(
  options: SharedQueueOptions,
): Promise<Queue<Transaction<Tables>>> {
  const { name, leaseSeconds } = options;
  const boss = createBoss(options);
  try {
    await boss.start();
    await boss.createQueue(name, {
      policy: 'exclusive',
      heartbeatSeconds: Math.max(LEAST_LEASE_S, Math.ceil(leaseSeconds)),
      expireInSeconds: DAY_S,
      deleteAfterSeconds: KEEP_DONE_S,
      retryLimit: RETRIES,
      retryDelay: 0,
    });
  } catch (error) {
    await boss.stop({ graceful: false }).catch(() => {});
    throw error;
  }
  const nameOf = ({ job, key }: Body) => `${job}/${key}`;
  return {
    async enqueue(messages, transaction) {
      const inserts = messages.map(({ job, key, turn }) => ({
        data: { job, key } satisfies Body,
        singletonKey: nameOf({ job, key }),
        priority: priorityOf(turn),
      }));
      await boss.insert(name, inserts, transaction === undefined ? {} : { db: fromKysely(transaction) });
    },
    async take() {
      const [taken] = await boss.fetch<Body>(name);
      if (taken === undefined) return null;
      return {
        ...{ job: taken.data.job, key: taken.data.key, attempt: taken },
        done: async () => void (await boss.complete(name, taken)),
        giveBack: async () => void (await boss.fail(name, taken)),
      } as Taken;
    },
    async touch(deliveries) {
      if (deliveries.length > 0) await boss.touch(name, deliveries.map(attemptOf));
    },
    close: () => boss.stop({ graceful: false }),
  };
}
