/** @file A thread that answers with its nice value, and then does what it was told. */
import { getPriority } from 'node:os';

export default function answer(then: 'fail' | 'rest'): number {
  // The memory of its thread is full once the answer is on its way.
  const fill = (kept: unknown[] = []) => {
    for (;;) kept.push(new Array(1e5).fill(kept.length));
  };
  if (then === 'fail') setImmediate(fill);
  return getPriority(0);
}
