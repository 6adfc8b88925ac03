/** @file Every command of `gradclinic` beside a real service, and beside hosts that are none. */
import { spawn, spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startTestService, type TestService, tinyExperiment } from '../http/service.ts';
import { gradclinic, main } from './program.ts';

const folder = mkdtempSync(join(tmpdir(), 'gradclinic-cli-'));
const file = join(folder, 'experiment.json');
let service: TestService;
let url: string;
let jobId: string;

beforeAll(async () => {
  service = await startTestService();
  url = service.url;
  const experiment = tinyExperiment({ remedies: { seeds: 2, verify: false } });
  writeFileSync(file, JSON.stringify(experiment));
  jobId = (await service.finish(experiment)).id;
});
afterAll(async () => {
  await service.close();
  rmSync(folder, { recursive: true, force: true });
});

describe('gradclinic', () => {
  it('lists its commands, and says which one was meant', async () => {
    const help = await gradclinic(['--help']);
    expect(help).toMatchObject({ code: 0, err: '' });
    for (const name of ['serve', 'diagnose', 'report', 'import', 'keys', 'migrate', 'mcp'])
      expect(help.out).toMatch(new RegExp(`^  ${name} `, 'm'));
    expect(await gradclinic([])).toMatchObject({ code: 2, out: '' });
    const wrong = await gradclinic(['diagnos']);
    expect(wrong.code).toBe(2);
    expect(wrong.err).toContain('did you mean "diagnose"?');
  });

  it.each(['serve', 'diagnose', 'report', 'import', 'keys', 'migrate', 'mcp'])(
    '%s --help says how',
    async (name) => {
      const { code, out, err } = await gradclinic([name, '--help']);
      expect({ code, err }).toEqual({ code: 0, err: '' });
      expect(out).toMatch(new RegExp(`^usage: gradclinic ${name}`));
    },
  );

  it('says in a line what is wrong with its arguments', async () => {
    for (const args of [['diagnose'], ['diagnose', 'a', 'b'], ['report', '--nonsense'], ['import']]) {
      const { code, err } = await gradclinic(args);
      expect(code, args.join(' ')).toBe(2);
      expect(err).toContain(`"gradclinic ${args[0]} --help"`);
      expect(err).not.toMatch(/^ +at /m);
    }
    const absent = await gradclinic(['diagnose', join(folder, 'none.json'), '--url', url]);
    expect(absent.err).toMatch(/none\.json: there is no such file/);
  });
});

describe('where the service is', () => {
  it('is said by --url, GRADCLINIC_URL or PORT', async () => {
    const { port } = new URL(url);
    for (const [args, env] of [
      [['--url', url], {}],
      [[], { GRADCLINIC_URL: url }],
      [[], { PORT: port }],
    ] as const) {
      const { out } = await gradclinic(['report', jobId, '--json', ...args], env);
      expect(JSON.parse(out)).toMatchObject({ job_id: jobId });
    }
  });

  it('is not where something else answers, or nothing', async () => {
    // JSON, too, is no proof of being GradClinic.
    const other = createServer((_, response) => response.end('{"id":"job_1"}')).listen(0, '127.0.0.1');
    await new Promise((resolve) => other.once('listening', resolve));
    const there = `http://127.0.0.1:${(other.address() as AddressInfo).port}`;
    const told = await gradclinic(['diagnose', file, '--url', there]);
    other.close();
    expect(told).toMatchObject({ code: 2, out: '' });
    expect(told.err).toBe(`${there} answers, but it is not GradClinic\n`);
    const nobody = await gradclinic(['report', jobId, '--url', there]);
    expect(nobody.code).toBe(2);
    expect(nobody.err).toContain(`no service at ${there}: `);
    expect((await gradclinic(['report', jobId, '--url', 'localhost:80'])).err).toContain('is no URL');
  });
});

describe('report', () => {
  it('tells what the job has found, with the exit code of its verdict', async () => {
    const out = join(folder, 'report.html');
    const told = await gradclinic(['report', jobId, '--url', url, '--details', '--out', out]);
    const { verdict } = (await (await service.get(`/v1/jobs/${jobId}/result`)).json()) as {
      verdict: 'healthy' | 'unhealthy' | 'inconclusive';
    };
    expect(told.code).toBe({ healthy: 0, unhealthy: 1, inconclusive: 3 }[verdict]);
    expect(told.out).toContain(`Verdict: ${verdict}`);
    expect(told.out).toContain('Checks');
    expect(readFileSync(out, 'utf8')).toContain(jobId);
  });

  it('refuses a job that is not there', async () => {
    const { code, err } = await gradclinic(['report', 'job_0', '--url', url]);
    expect(code).toBe(2);
    expect(err).toContain('[job_not_found]');
  });
});

it('diagnose tells every problem with its place and fix', async () => {
  const broken = join(folder, 'broken.json');
  writeFileSync(broken, JSON.stringify({ ...tinyExperiment(), trainig: {} }));
  const { code, err } = await gradclinic(['diagnose', broken, '--url', url]);
  expect(code).toBe(2);
  expect(err).toMatch(/broken\.json: .*\[validation_failed\]\n {2}\/trainig: .*"training"/);
  writeFileSync(broken, '{ "network": ');
  expect((await gradclinic(['diagnose', broken, '--url', url])).err).toMatch(
    /broken\.json: .*\[malformed_json\]/,
  );
});

it('import prints the network of a Keras model, and what it cannot take', async () => {
  const model = { class_name: 'Sequential', config: { name: 's', layers: [] as object[] } };
  const dense = { units: 3, activation: 'tanh', use_bias: true, batch_input_shape: [null, 2], name: 'd' };
  model.config.layers.push({ class_name: 'Dense', config: dense });
  const path = join(folder, 'model.json');
  writeFileSync(path, JSON.stringify(model));
  const taken = await gradclinic(['import', path, '--url', url]);
  expect(taken.code, taken.err).toBe(0);
  expect(JSON.parse(taken.out)).toMatchObject({ network: { layers: [{ type: 'dense', units: 3 }] } });
  model.config.layers.push({ class_name: 'Lambda', config: { name: 'own' } });
  writeFileSync(path, JSON.stringify(model));
  const refused = await gradclinic(['import', path, '--url', url]);
  expect(refused.code).toBe(2);
  expect(refused.err).toMatch(/\[unsupported_model\][\s\S]*Lambda/);
});

it('keys makes, lists and revokes', async () => {
  const keys = ['--file', join(folder, 'keys.json')];
  const made = await gradclinic(['keys', 'create', 'alice', ...keys]);
  expect(made.out).toMatch(/^gradclinic_\S+\n$/);
  expect((await gradclinic(['keys', 'list', ...keys])).out).toMatch(/^alice\t/);
  expect((await gradclinic(['keys', 'create', 'alice', ...keys])).err).toContain('already has a key "alice"');
  expect((await gradclinic(['keys', 'revoke', 'alice', ...keys])).code).toBe(0);
  expect((await gradclinic(['keys', 'list', ...keys])).out).toBe('');
  expect((await gradclinic(['keys', 'make'])).code).toBe(2);
  expect((await gradclinic(['keys', 'create'])).err).toContain('NAME is missing');
});

it('migrate makes the database, and says so in a line where it cannot', async () => {
  const data = join(folder, 'migrated');
  expect(await gradclinic(['migrate'], { DATA_DIR: data, PORT: '0' })).toMatchObject({ code: 0, err: '' });
  expect(existsSync(join(data, 'gradclinic.sqlite'))).toBe(true);
  const DATABASE_URL = 'postgres://a:secret@127.0.0.1:1/a';
  const unreachable = await gradclinic(['migrate'], { DATABASE_URL, PORT: '0' });
  expect(unreachable).toMatchObject({ code: 2, out: '' });
  expect(unreachable.err).toMatch(/^PostgreSQL at 127.0.0.1:1\/a \(DATABASE_URL\) does not answer: .*\n$/);
});

it('serve listens where it is told to, and stops on a signal', async () => {
  const data = join(folder, 'data');
  const args = [main, 'serve', '--port', '0', '--data', data];
  const env = { ...process.env, LOG_LEVEL: 'info', WORKER_THREADS: '1' };
  const child = spawn(process.execPath, args, { env });
  const ended = new Promise((resolve) => child.once('exit', resolve));
  try {
    const listens = await new Promise<string>((resolve) => {
      createInterface({ input: child.stdout }).on('line', (text) => {
        const line = JSON.parse(text) as { msg: string; url: string };
        if (line.msg === 'listening') resolve(line.url);
      });
    });
    expect(existsSync(data)).toBe(true);
    // Its threads are there by then: on a busy machine one that is still being loaded may have to be killed.
    expect((await gradclinic(['diagnose', file, '--url', listens, '--json'])).code).not.toBe(2);
    child.kill('SIGTERM');
    expect(await ended).toBe(0);
  } finally {
    child.kill('SIGKILL');
  }
});

const OLD = '/usr/bin/node';
const isOld =
  existsSync(OLD) && Number(spawnSync(OLD, ['-p', 'process.versions.node.split(".")[0]']).stdout) < 22;

it.skipIf(!isOld)('is run by an older Node.js, too, which hands over to the newer one', () => {
  const launcher = fileURLToPath(new URL('../../cli/gradclinic.js', import.meta.url));
  const { status, stdout, stderr } = spawnSync(OLD, [launcher, 'keys', 'nonsense'], { encoding: 'utf8' });
  expect({ status, stdout }).toEqual({ status: 2, stdout: '' });
  expect(stderr).toMatch(/^usage: gradclinic keys create/);
});
