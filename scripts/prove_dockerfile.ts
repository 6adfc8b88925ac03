/**
 * @file Proves the Dockerfile where there is no engine: carries out its steps in clean folders, starts the image's command
 * there as its user, without capabilities, on a read-only root, and runs the main job. Needs Linux and root (for chroot and
 * mounts, in a mount namespace of its own, which leaves nothing mounted).
 */
import { type ChildProcess, execFileSync, spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type Built, build } from './docker/build.ts';
import { readStages } from './docker/dockerfile.ts';
import { lintDockerfile } from './docker/lint.ts';
import { mountReadOnly, type Place, runIn, startIn } from './docker/root.ts';

const GRACE_MS = 10_000;
const START_MS = 60_000;
const JOB_MS = 300_000;
const context = fileURLToPath(new URL('../', import.meta.url));

const say = (text: string) => console.log(text);
const proven = (text: string) => say(`PROVEN  ${text}`);

function check(holds: boolean, text: string): void {
  if (!holds) throw new Error(`not so: ${text}`);
  proven(text);
}

const sleep = (ms: number) => new Promise((wake) => setTimeout(wake, ms));

const megabytes = (folder: string): string =>
  execFileSync('du', ['-sm', folder], { encoding: 'utf8' }).split('\t')[0] ?? '';

const freePort = () =>
  new Promise<number>((resolve) => {
    const server = createServer().listen(0, '127.0.0.1', () => {
      const { port } = server.address() as { port: number };
      server.close(() => resolve(port));
    });
  });

const succeeds = (place: Place, ...command: string[]): boolean => {
  try {
    runIn(place, command);
    return true;
  } catch {
    return false;
  }
};

async function until<T>(what: string, withinMs: number, ask: () => Promise<T | null>): Promise<T> {
  for (const end = Date.now() + withinMs; Date.now() < end; await sleep(500)) {
    const answer = await ask();
    if (answer !== null) return answer;
  }
  throw new Error(`not within ${withinMs / 1000} s: ${what}`);
}

/** The example of the README, made short: two seeds and a third of the steps. */
function mainJob(): string {
  const example = JSON.parse(readFileSync(join(context, 'examples/deep-sigmoid.json'), 'utf8'));
  return JSON.stringify({
    ...example,
    training: { ...example.training, steps: 100 },
    remedies: { ...example.remedies, seeds: 2 },
  });
}

async function runMainJob(url: string, key: string): Promise<void> {
  const headers = { authorization: `Bearer ${key}`, 'content-type': 'application/json' };
  const get = async (path: string) => (await fetch(url + path, { headers })).json() as Promise<never>;
  check((await fetch(`${url}/v1/jobs`)).status === 401, 'without a key the answer is 401');
  const posted = await fetch(`${url}/v1/jobs`, { method: 'POST', headers, body: mainJob() });
  const { id } = (await posted.json()) as { id: string };
  check(posted.status === 202, `POST /v1/jobs takes examples/deep-sigmoid.json (${id})`);
  const status = await until('the end of the job', JOB_MS, async () => {
    const job: { status: string } = await get(`/v1/jobs/${id}`);
    return ['queued', 'running'].includes(job.status) ? null : job.status;
  });
  const report: { verdict: string } = await get(`/v1/jobs/${id}/result`);
  check(
    status === 'succeeded' && report.verdict === 'unhealthy',
    `the job ${status}, verdict ${report.verdict}`,
  );
}

/** The kernel's word on the process, not the script's. */
function checkProcess(pid: number | undefined): void {
  const status = readFileSync(`/proc/${pid}/status`, 'utf8');
  const field = (name: string) => new RegExp(`^${name}:\\s+(.*)$`, 'm').exec(status)?.[1] ?? '';
  const uids = field('Uid').split('\t');
  check(!uids.includes('0'), `the process runs as uid ${uids[0]}`);
  check(
    /^0+$/.test(field('CapEff')) && /^0+$/.test(field('CapBnd')),
    'it has no capabilities and can get none',
  );
}

async function stop(server: ChildProcess): Promise<void> {
  const ended = new Promise<number | null>((resolve) => server.once('exit', resolve));
  const since = Date.now();
  server.kill('SIGTERM');
  const code = await Promise.race([ended, sleep(GRACE_MS).then(() => 'none')]);
  check(
    code === 0,
    `SIGTERM ends it in ${((Date.now() - since) / 1000).toFixed(1)} s with exit code ${code}`,
  );
}

async function runImage({ root, volume, cmd, healthcheck, ...image }: Built, folder: string): Promise<void> {
  if (volume === null || cmd === null || healthcheck === null || image.user === null)
    throw new Error('the image needs VOLUME, CMD, HEALTHCHECK and USER');
  const data = join(folder, 'volume');
  // A new volume takes content and owner of the image's folder.
  execFileSync('cp', ['-a', join(root, volume), data]);
  const view = join(folder, 'container');
  mountReadOnly(root, view, { path: volume, folder: data });
  const port = await freePort();
  const environment = { ...image.environment, PORT: String(port), API_KEYS_FILE: `${volume}/keys.json` };
  const place: Place = { ...image, root: view, environment };
  check(
    !succeeds({ ...place, user: null }, 'sh', '-c', 'touch /app/x 2>/dev/null'),
    'the root is read-only, also for root',
  );
  check(
    succeeds(place, 'sh', '-c', `touch ${volume}/x && rm ${volume}/x`),
    `its user can write to ${volume}`,
  );
  const key =
    runIn(place, ['node', 'cli/main.ts', 'keys', 'create', 'proof']).match(/gradclinic_\S+/)?.[0] ?? '';
  check(key !== '', '"gradclinic keys" makes an access key in the volume');
  const server = startIn(place, cmd);
  try {
    const healthy = async () => (succeeds(place, ...healthcheck) ? true : null);
    await until('HEALTHCHECK', START_MS, healthy);
    proven('CMD starts and HEALTHCHECK succeeds');
    checkProcess(server.pid);
    await runMainJob(`http://127.0.0.1:${port}`, key);
    await stop(server);
    check(!succeeds(place, ...healthcheck), 'HEALTHCHECK fails once it is stopped');
  } finally {
    server.kill('SIGKILL');
  }
}

async function prove(): Promise<void> {
  const text = readFileSync(join(context, 'Dockerfile'), 'utf8');
  const findings = lintDockerfile(text);
  check(findings.length === 0, ['the linter finds nothing', ...findings].join('\n'));
  const stages = readStages(text);
  const folder = mkdtempSync(join(tmpdir(), 'gradclinic-docker-'));
  const image = build(stages, context, folder, say);
  const modules = join(image.root, 'app/node_modules');
  check(
    existsSync(join(modules, 'fastify')) && !existsSync(join(modules, 'vitest')),
    'production dependencies only',
  );
  say(
    `MEASURED  the image adds ${megabytes(join(image.root, 'app'))} MB to its base, ${megabytes(modules)} MB of them dependencies`,
  );
  await runImage(image, folder);
  say(`
NOT PROVEN
  - the base image ${stages.at(-1)?.image}: this machine's /usr, npm and Node.js ${process.version} stand for it
  - other architectures than ${process.arch}
  - what the engine does itself: layers and their size, publishing EXPOSE, the HEALTHCHECK timer, its seccomp profile`);
}

/** Mounts live as long as this namespace, so that nothing stays mounted; the folder goes once they are gone. */
function proveInNamespace(): number {
  if (process.platform !== 'linux' || process.getuid?.() !== 0) {
    console.error('needs Linux and root, for chroot and a mount namespace: sudo npm run dockerfile:prove');
    return 2;
  }
  const folder = mkdtempSync(join(tmpdir(), 'gradclinic-proof-'));
  const script = fileURLToPath(import.meta.url);
  const unshare = [
    '--mount',
    '--pid',
    '--fork',
    '--kill-child',
    '--mount-proc',
    process.execPath,
    script,
    '--inside',
  ];
  const { status } = spawnSync('unshare', unshare, {
    stdio: 'inherit',
    env: { ...process.env, TMPDIR: folder },
  });
  rmSync(folder, { recursive: true, force: true });
  return status ?? 1;
}

if (process.argv.includes('--inside')) await prove();
else process.exitCode = proveInNamespace();
