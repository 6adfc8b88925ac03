/** @file A queue in this process: what it holds ends with it. */
import type { Delivery, Message, Queue } from './queue.ts';

export interface LocalQueue extends Queue<never> {
  enqueue(messages: readonly Message[]): Promise<void>;
}

export function createLocalQueue(): LocalQueue {
  const waiting: Message[] = [];
  const deliver = (message: Message): Delivery => ({
    job: message.job,
    key: message.key,
    done: async () => {},
    giveBack: async () => void waiting.unshift(message),
  });
  return {
    async enqueue(messages) {
      waiting.push(...messages);
    },
    async take() {
      const least = Math.min(...waiting.map(({ turn }) => turn));
      const at = waiting.findIndex(({ turn }) => turn === least);
      const [message] = at < 0 ? [] : waiting.splice(at, 1);
      return message === undefined ? null : deliver(message);
    },
    touch: async () => {},
    close: async () => {},
  };
}
