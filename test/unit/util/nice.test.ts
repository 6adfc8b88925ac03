/** @file Threads that give way: of a real process. */
import { execFileSync } from 'node:child_process';
import { getPriority } from 'node:os';
import { expect, it } from 'vitest';
import { addable } from '../../../src/util/nice.ts';

const program = `
  import { readdirSync, readFileSync } from 'node:fs';
  import { getPriority } from 'node:os';
  import { helpersGiveWay } from ${JSON.stringify(new URL('../../../src/util/nice.ts', import.meta.url).href)};
  await helpersGiveWay(5);
  const named = (name) => readdirSync('/proc/self/task')
    .filter((id) => readFileSync('/proc/self/task/' + id + '/comm', 'utf8').trim() === name)
    .map((id) => getPriority(Number(id)));
  console.log(JSON.stringify({ helpers: named('libuv-worker'), main: getPriority(process.pid) }));
`;

it.runIf(process.platform === 'linux')(
  'the threads that pack and unpack give way, and the first does not',
  () => {
    const answer = execFileSync(process.execPath, ['--input-type=module', '--eval', program], {
      encoding: 'utf8',
      // As the service has it, whoever runs the tests.
      env: { ...process.env, UV_THREADPOOL_SIZE: '4' },
    });
    const own = getPriority();
    const lower = Math.min(19, own + 5);
    expect(JSON.parse(answer)).toEqual({ helpers: [lower, lower, lower, lower], main: own });
  },
);

it.each([
  [5, 0, 5],
  [5, -6, 6],
  [10, -11, 11],
  [10, -6, 10],
  [0, -1, 0],
])('adding %i to %i, no thread gets the nice value that stands for an error', (by, own, expected) => {
  expect(addable(by, own)).toBe(expected);
});

const THREADS = new URL('../../../src/util/threads.ts', import.meta.url).href;
const WORKER = new URL('slow_to_load.worker.ts', import.meta.url).href;
const isRoot = process.platform === 'linux' && process.getuid?.() === 0;

it.runIf(isRoot)('a process of any nice value gets threads that work', () => {
  const started = `
    import { createThreads } from ${JSON.stringify(THREADS)};
    const threads = createThreads({ filename: ${JSON.stringify(WORKER)}, minThreads: 1, maxThreads: 1, niceIncrement: 5, workerData: new SharedArrayBuffer(4) });
    await threads.run({});
    await threads.destroy();
    console.log('worked');
  `;
  const node = [process.execPath, '--input-type=module', '--eval', started];
  const from = -6 - getPriority();
  expect(execFileSync('nice', ['-n', String(from), ...node], { encoding: 'utf8' })).toBe('worked\n');
});
