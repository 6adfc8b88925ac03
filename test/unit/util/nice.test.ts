/** @file Threads that give way: of a real process. */
import { execFileSync } from 'node:child_process';
import { getPriority } from 'node:os';
import { expect, it } from 'vitest';

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
