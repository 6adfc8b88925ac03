/** @file A list of tasks on all cores: each thread takes the next one when it is done. */
import { availableParallelism } from 'node:os';
import { isMainThread, parentPort, Worker } from 'node:worker_threads';

/**
 * Answers of all tasks in their order.
 * @param onAnswer told each as soon as it is there, in any order
 * @param module the calling module: its threads call `serve`
 */
export function runOnAllCores<T>(
  module: string,
  tasks: number,
  onAnswer: (answer: T) => void = () => {},
): Promise<T[]> {
  const answers: T[] = [];
  let [next, done] = [0, 0];
  return new Promise((resolve, reject) => {
    for (let i = 0; i < Math.min(tasks, availableParallelism()); i++) {
      const worker = new Worker(new URL(module));
      const give = () => (next < tasks ? worker.postMessage(next++) : worker.terminate());
      worker.on('error', reject);
      worker.on('message', ({ index, answer }: { index: number; answer: T }) => {
        answers[index] = answer;
        onAnswer(answer);
        done++;
        process.stderr.write(`\r${done}/${tasks}`);
        if (done === tasks) resolve(answers);
        give();
      });
      give();
    }
  });
}

/** In a thread: answers the tasks that it is given. */
export function serve<T>(work: (index: number) => Promise<T>): void {
  parentPort?.on('message', async (index: number) => {
    parentPort?.postMessage({ index, answer: await work(index) });
  });
}

export { isMainThread };
