/** @file Whoever trains leaves nothing in HOME or the temporary folder, calls nobody, and makes no work for V8's collector. */
import { execFile, spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Worker } from 'node:worker_threads';
import { afterAll, describe, expect, it } from 'vitest';
import { killAll, startServerProcess } from '../faults/server_process.ts';

const folder = mkdtempSync(join(tmpdir(), 'quiet-'));
afterAll(() => {
  killAll();
  rmSync(folder, { recursive: true, force: true });
});

const script = (path: string) => fileURLToPath(new URL(path, import.meta.url));

const experiment = (steps: number) => ({
  network: {
    input: { shape: [64] },
    layers: [
      { type: 'repeat', times: 8, layers: [{ type: 'dense', units: 64, activation: 'tanh' }] },
      { type: 'dense', units: 10 },
    ],
  },
  data: { type: 'digits' },
  training: {
    loss: 'softmax_cross_entropy',
    optimizer: { type: 'sgd', learning_rate: 0.02 },
    batch_size: 64,
    steps,
  },
  diagnostics: { probe_every: 0 },
  remedies: { verify: false },
});

/** Empty folders of its own, and an environment that names them and holds no switch yet. */
function surroundings(name: string) {
  const own = join(folder, name);
  const watched = ['home', 'tmp'].map((part) => join(own, part));
  for (const path of watched) mkdirSync(path, { recursive: true });
  const { ORT_DISABLE_TELEMETRY: _switch, XDG_CACHE_HOME: _cache, ...rest } = process.env;
  const [HOME, TMPDIR] = watched as [string, string];
  const env = { ...rest, HOME, TMPDIR };
  return {
    own,
    env,
    left: () => watched.flatMap((path) => readdirSync(path, { recursive: true, encoding: 'utf8' })),
  };
}

/** Runs a program of Node with an experiment on its standard input. */
function run(file: string, env: NodeJS.ProcessEnv, input: unknown): Promise<Record<string, unknown>> {
  return new Promise((resolve, reject) => {
    const child = execFile(process.execPath, [script(file)], { env }, (error, stdout) =>
      error === null ? resolve(JSON.parse(stdout)) : reject(error),
    );
    child.stdin?.end(JSON.stringify(input));
  });
}

/** A whole job over HTTP. */
async function trainOverHttp(url: string): Promise<string> {
  const headers = { 'content-type': 'application/json' };
  const body = JSON.stringify(experiment(50));
  const posted = await fetch(`${url}/v1/jobs`, { method: 'POST', headers, body });
  const { id } = (await posted.json()) as { id: string };
  const answer = await fetch(`${url}/v1/jobs/${id}`, { headers: { prefer: 'wait=60' } });
  return ((await answer.json()) as { status: string }).status;
}

const isFree = (port: number): Promise<boolean> =>
  new Promise((resolve) => {
    const server = createServer();
    server.once('error', () => resolve(false));
    server.listen(port, '127.0.0.1', () => server.close(() => resolve(true)));
  });

describe('nothing is left in HOME and the temporary folder by', () => {
  it.each([
    ['a training in the main thread', './train_alone.ts'],
    ['a worker thread, where the main thread has no runtime', './thread_alone.ts'],
  ])('%s', async (_title, file) => {
    const { env, left } = surroundings(file);
    expect(await run(file, env, experiment(50))).toMatchObject({ ok: true });
    expect(left()).toEqual([]);
  });

  it('the service', async () => {
    const { own, env, left } = surroundings('service');
    const settings = { ...env, DATA_DIR: join(own, 'data') };
    const server = await startServerProcess({ settings });
    expect(await trainOverHttp(server.url)).toBe('succeeded');
    await server.terminate();
    expect(left()).toEqual([]);
  });

  it("the CLI's embedded service", async ({ skip }) => {
    // Where a service answers at the default address the CLI asks that one.
    if (!(await isFree(8080))) skip('port 8080 is in use');
    const { own, env, left } = surroundings('cli');
    const file = join(own, 'experiment.json');
    writeFileSync(file, JSON.stringify(experiment(50)));
    const child = spawnSync(process.execPath, [script('../../cli/diagnose.ts'), file, '--json'], { env });
    expect(String(child.stderr)).toContain('embedded');
    expect(child.status).toBeLessThan(2);
    expect(left()).toEqual([]);
  });
});

it('a thread refuses to load the runtime where its process has not switched telemetry off', async () => {
  const worker = new Worker(new URL('../../src/util/no_telemetry.ts', import.meta.url), { env: {} });
  const error = await new Promise((resolve) => worker.once('error', resolve).once('exit', resolve));
  expect(String(error)).toContain('ORT_DISABLE_TELEMETRY is not set');
});

it('the service connects to nobody', async ({ skip }) => {
  const output = join(folder, 'calls');
  // The tracer stands aside (-D): the process that is started is the program.
  const strace = ['-D', '-f', '-e', 'trace=connect,sendto,sendmsg', '-o', output, process.execPath];
  if (spawnSync('strace', [...strace, '-e', '0']).status !== 0) skip('strace is not there, or may not trace');
  const internetCalls = () => readFileSync(output, 'utf8').match(/AF_INET6?, .*/g) ?? [];
  // A call that is made is seen.
  spawnSync('strace', [...strace, '-e', "require('net').connect(9, '127.0.0.2').on('error', () => {})"]);
  expect(internetCalls().join()).toContain('127.0.0.2');
  const { own, env } = surroundings('traced');
  const settings = { ...env, DATA_DIR: join(own, 'data') };
  const server = await startServerProcess({ settings, through: ['strace', ...strace.slice(0, -1)] });
  expect(await trainOverHttp(server.url)).toBe('succeeded');
  await server.terminate();
  expect(internetCalls()).toEqual([]);
});

it('steps that are not probed leave nothing for a major collection', async () => {
  const { env } = surroundings('garbage');
  const few = await run('./train_alone.ts', env, experiment(50));
  const many = await run('./train_alone.ts', env, experiment(3050));
  const more = (many.major_collections as number) - (few.major_collections as number);
  // 3000 steps of 140 kB in 18 gradients: with the views left for V8 to find, ten collections.
  expect(more).toBeLessThanOrEqual(2);
});
