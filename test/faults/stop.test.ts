/** @file SIGTERM: sent to npm, and in the middle of trainings that are slow to begin; what is stopped goes on afterwards. */
import { spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { constants, deflateRawSync } from 'node:zlib';
import { afterAll, expect, it } from 'vitest';
import { killAll, startServerProcess } from './server_process.ts';
import { cancel, isLong, readJob, statusesOf, submit, untilEnded } from './workload.ts';

const GRACE_MS = 10_000;

const folders: string[] = [];
const newFolder = () => {
  const folder = mkdtempSync(join(tmpdir(), 'gradclinic-stop-'));
  folders.push(folder);
  return folder;
};
afterAll(() => {
  killAll();
  for (const folder of folders) rmSync(folder, { recursive: true, force: true });
});

it('npm start passes the signal on; the line "listening" comes whatever is logged', async () => {
  const npm = spawn('npm', ['start', '--silent'], {
    cwd: fileURLToPath(new URL('../..', import.meta.url)),
    env: { ...process.env, PORT: '0', DATA_DIR: newFolder(), LOG_LEVEL: 'warn' },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const url = await new Promise<string>((resolve) => {
    npm.stdout.on('data', (chunk: Buffer) => {
      const line = chunk
        .toString()
        .split('\n')
        .find((text) => text.includes('"msg":"listening"'));
      if (line !== undefined) resolve((JSON.parse(line) as { url: string }).url);
    });
  });
  expect((await fetch(`${url}/healthz`)).status).toBe(200);
  npm.kill('SIGTERM');
  await new Promise((resolve) => npm.once('exit', resolve));
  const answers = () =>
    fetch(`${url}/healthz`).then(
      () => true,
      () => false,
    );
  await expect.poll(answers, { timeout: GRACE_MS }).toBe(false);
});

it.each(['SIGTERM', 'SIGINT'] as const)(
  '%s to the whole process group of npm start ends it with 0',
  async (signal) => {
    const npm = spawn('npm', ['start', '--silent'], {
      cwd: fileURLToPath(new URL('../..', import.meta.url)),
      env: { ...process.env, PORT: '0', DATA_DIR: newFolder(), LOG_LEVEL: 'warn', WORKER_THREADS: '1' },
      stdio: ['ignore', 'pipe', 'pipe'],
      detached: true,
    });
    let said = '';
    npm.stderr.on('data', (chunk) => {
      said += chunk;
    });
    const url = await new Promise<string>((resolve) => {
      npm.stdout.on('data', (chunk: Buffer) => {
        const found = /"url":"(http[^"]+)"/.exec(chunk.toString())?.[1];
        if (found !== undefined) resolve(found);
      });
    });
    // Something to end, so that the second signal comes in the middle of it.
    await submit(url, slowToBegin);
    await sleep(500);
    const ended = new Promise<number | null>((resolve) => npm.once('exit', resolve));
    process.kill(-(npm.pid as number), signal);
    await sleep(100);
    process.kill(-(npm.pid as number), signal);
    expect(await ended).toBe(0);
    expect(said).toBe('');
  },
);

/** As pino numbers them. */
const WARNING = 40;

/** Sends the signal to the program itself when it is about to load this source, or what it was bundled to. */
const signalAtLoading = (file: string, signal: NodeJS.Signals): string => {
  const program = `
    import { registerHooks } from 'node:module';
    registerHooks({
      resolve(name, context, next) {
        if (/\\/${file}(-\\w+)?\\.m?[jt]s$/.test(name)) process.kill(process.pid, ${JSON.stringify(signal)});
        return next(name, context);
      },
    });`;
  return `--import=data:text/javascript,${encodeURIComponent(program)}`;
};

const signals = ['SIGHUP', 'SIGINT', 'SIGQUIT', 'SIGTERM'] as const;
const files = ['config', 'service', 'sqlite'];
// In short each signal once, and each file.
const whileLoading = signals.flatMap((signal, i) =>
  files.flatMap((file, j) => (isLong || i % files.length === j ? [[signal, file] as const] : [])),
);

it.each(whileLoading)('%s while %s is loaded ends the start with 0', async (signal, file) => {
  const server = fileURLToPath(new URL('../../src/server.ts', import.meta.url));
  const program = spawn(process.execPath, [signalAtLoading(file, signal), server], {
    env: { ...process.env, PORT: '0', DATA_DIR: newFolder() },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let logged = '';
  let said = '';
  program.stdout.on('data', (chunk) => (logged += chunk));
  program.stderr.on('data', (chunk) => (said += chunk));
  const ended = await new Promise((resolve) =>
    program.once('close', (code, killedBy) => resolve({ code, killedBy })),
  );
  expect(ended).toEqual({ code: 0, killedBy: null });
  expect(said).toBe('');
  // The later it comes, the more has begun: that is ended as in any stop.
  const lines = logged.split('\n').filter((line) => line !== '');
  expect(lines.filter((line) => (JSON.parse(line) as { level: number }).level >= WARNING)).toEqual([]);
});

/** Before its first step a training passes over all of the data; a phase queues all of its trainings at once. */
const slowToBegin = {
  network: {
    input: { shape: [32] },
    layers: [
      { type: 'repeat', times: 4, layers: [{ type: 'dense', units: 512, activation: 'tanh' }] },
      { type: 'dense', units: 1 },
    ],
  },
  data: { type: 'teacher', samples: 50_000, features: 32 },
  training: { loss: 'mean_squared_error', optimizer: 'adam', batch_size: 512, steps: 200 },
  diagnostics: { seeds: 8 },
  remedies: { verify: false },
};

it('a stop and a cancel do not wait for trainings that are slow to begin', async () => {
  const settings = { DATA_DIR: newFolder() };
  let server = await startServerProcess({ settings });
  const id = await submit(server.url, slowToBegin);
  for (const pause of [1500, 4000]) {
    await expect.poll(async () => (await readJob(server.url, id)).status).toBe('running');
    await sleep(pause);
    const asked = performance.now();
    await server.terminate();
    expect(performance.now() - asked).toBeLessThan(GRACE_MS);
    server = await startServerProcess({ settings });
  }
  // Given back each time, rather than found orphaned at the next start.
  await expect.poll(async () => (await readJob(server.url, id)).status).toBe('running');
  await sleep(1500);
  await cancel(server.url, id);
  const asked = performance.now();
  expect((await untilEnded(server.url, id)).status).toBe('canceled');
  expect(performance.now() - asked).toBeLessThan(GRACE_MS);
  const [queued, running] = ['queued', 'running'];
  expect(await statusesOf(server.url, id)).toEqual([
    queued,
    running,
    queued,
    running,
    queued,
    running,
    'canceled',
  ]);
});

/** A `.keras` archive whose weights are 300 MB of zeros, in half a megabyte: to unpack it takes a second. */
function longImport(): Buffer {
  const part = deflateRawSync(Buffer.alloc(20e6), { finishFlush: constants.Z_FULL_FLUSH });
  const packed = Buffer.concat([...Array.from({ length: 15 }, () => part), deflateRawSync('')]);
  const name = Buffer.from('model.weights.h5');
  // The fields that local and central header share, from the version on; no checksum, which is not looked at.
  const shared = Buffer.alloc(26);
  shared.writeUInt16LE(20, 0);
  shared.writeUInt16LE(8, 4);
  shared.writeUInt32LE(packed.length, 14);
  shared.writeUInt32LE(15 * 20e6, 18);
  shared.writeUInt16LE(name.length, 22);
  const local = Buffer.concat([Buffer.from('PK\x03\x04'), shared, name, packed]);
  const central = Buffer.concat([Buffer.from('PK\x01\x02\x14\0'), shared, Buffer.alloc(14), name]);
  const end = Buffer.alloc(22);
  end.write('PK\x05\x06');
  end.writeUInt16LE(1, 8);
  end.writeUInt16LE(1, 10);
  end.writeUInt32LE(central.length, 12);
  end.writeUInt32LE(local.length, 16);
  return Buffer.concat([local, central, end]);
}

/** What a process has used of a core so far; of one that has ended, what it had when it was last asked. */
function cpuSeconds(pid: number): () => number {
  let seconds = 0;
  return () => {
    try {
      // Behind its name, which may hold blanks: the 12th and 13th field, in hundredths (proc(5)).
      const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ').at(-1)?.split(' ') ?? [];
      seconds = (Number(fields[11]) + Number(fields[12])) / 100;
    } catch {
      // It has ended, or this system has no /proc.
    }
    return seconds;
  };
}

it('a stop in the middle of imports ends their threads at once, and is no error', async () => {
  const server = await startServerProcess({ settings: { DATA_DIR: newFolder() } });
  const body = new Uint8Array(longImport());
  const answers = Array.from({ length: 16 }, async () => {
    const response = await fetch(`${server.url}/v1/imports`, { method: 'POST', body });
    return ((await response.json()) as { code: string }).code;
  });
  await sleep(2000);
  const used = cpuSeconds(server.pid);
  const before = used();
  const watch = setInterval(used, 20);
  const code = await server.terminate();
  clearInterval(watch);
  expect(code).toBe(0);
  // Of a core, whatever else the machine does. To work off what waits would take a second for each.
  expect(used() - before).toBeLessThan(4);
  const codes = await Promise.all(answers);
  expect(codes).toContain('not_ready');
  // Those that were over before: it is no whole model.
  expect(codes.filter((code) => code !== 'not_ready' && code !== 'file_unreadable')).toEqual([]);
  const WARN = 40;
  expect(server.log.filter(({ level }) => level >= WARN)).toEqual([]);
});
