/** @file The memory of this process without what earlier test files have left: they share a process, and their garbage would count as freed. */
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

setFlagsFromString('--expose-gc');
const collectGarbage = runInNewContext('gc') as () => void;

/** To compare with: what is taken from here on is the test's own. */
export function memoryBefore(): NodeJS.MemoryUsage {
  collectGarbage();
  return process.memoryUsage();
}
