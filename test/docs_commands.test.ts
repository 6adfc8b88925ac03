/** @file The commands that the documentation shows: each is run here as it stands, or it is said why not. */
import { spawn, spawnSync } from 'node:child_process';
import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { Job } from '../src/jobs/index.ts';
import { startTestService, type TestService, tinyExperiment } from './http/service.ts';
import { type Layer, sequential3 } from './imports/models.ts';

const root = fileURLToPath(new URL('..', import.meta.url));
const pages = [
  'README.md',
  'CONTRIBUTING.md',
  'python/README.md',
  'bench/README.md',
  ...readdirSync(join(root, 'docs'), { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.md'))
    .map((name) => `docs/${name}`),
];

interface Command {
  readonly page: string;
  readonly text: string;
}

/** Lines of the shell, those that go on in the next one joined. */
const commandsOf = (page: string): Command[] =>
  [...readFileSync(join(root, page), 'utf8').matchAll(/^```(?:sh|bash)\n([\s\S]*?)^```/gm)].flatMap(
    ([, block = '']) =>
      block
        .replaceAll(/\\\n\s*/g, '')
        .split('\n')
        .filter((line) => line.trim() !== '' && !line.startsWith('#'))
        .map((text) => ({ page, text })),
  );
const commands = pages.flatMap(commandsOf);

/** What is not run here, and why. */
const NOT_RUN: readonly (readonly [RegExp, string])[] = [
  [/^npm ci\b/, 'installs from the network; scripts/prove_dockerfile.ts does it in a clean folder'],
  [/npm install|pip install/, 'installs from the network; test/python uses the package where it is'],
  [/^(docker|kubectl|createdb) /, 'needs an engine, a cluster or a server; test/docker, test/faults'],
  [/^sudo npm run dockerfile:prove/, 'needs root and minutes; npm test does its cheap part'],
  [/^DATABASE_URL=/, 'needs a server of PostgreSQL; test/faults starts such processes with one'],
  [/node bench\/|python3 bench\//, 'a measurement of minutes'],
  [
    /diagnose -- examples\//,
    'a study of half a minute; test/scenarios/examples.test.ts posts these examples',
  ],
  [/^npx gradclinic diagnose/, 'the program that npm installs; test/cli runs it'],
  [/^python -c/, 'needs Keras; test/imports has what it writes'],
  [/^export /, 'sets a variable; test/python reads it'],
];

const reasonOf = ({ text }: Command): string | null =>
  NOT_RUN.find(([pattern]) => pattern.test(text))?.[1] ?? null;

const run = (command: string, cwd: string, env: Record<string, string>) =>
  new Promise<{ code: number | null; out: string }>((resolve, reject) => {
    const child = spawn('bash', ['-c', command], { cwd, env: { ...process.env, ...env } });
    let out = '';
    for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk) => (out += String(chunk)));
    child.on('error', reject);
    child.on('close', (code) => resolve({ code, out }));
  });

it('gives a reason for nothing that is not there', () => {
  for (const [pattern] of NOT_RUN)
    expect([pattern.source, commands.some(({ text }) => pattern.test(text))]).toEqual([pattern.source, true]);
});

const kerasDense: Layer = {
  kind: 'Dense',
  name: 'a',
  options: { units: 2, activation: 'tanh', use_bias: true },
};

const hasCurl = spawnSync('curl', ['--version']).status === 0;

describe.skipIf(!hasCurl)('run as they stand', () => {
  const folder = mkdtempSync(join(tmpdir(), 'gradclinic-docs-'));
  let service: TestService;
  let jobId: string;
  beforeAll(async () => {
    service = await startTestService();
    const { data: _, ...rest } = tinyExperiment({ remedies: { verify: false } });
    jobId = (await service.finish(tinyExperiment({ remedies: { verify: false } }))).id;
    cpSync(join(root, 'examples'), join(folder, 'examples'), { recursive: true });
    const training = { ...(rest.training as object), loss: 'mean_squared_error' };
    const network = { input: { shape: [2] }, layers: [{ type: 'dense', units: 1 }] };
    writeFileSync(join(folder, 'experiment.json'), JSON.stringify({ ...rest, network, training }));
    const rows = Array.from({ length: 40 }, (_, i) => [i % 7, i % 5, 3 * (i % 7) + (i % 5)].join());
    writeFileSync(join(folder, 'house.csv'), `area,rooms,price\n${rows.join('\n')}\n`);
  });
  afterAll(async () => {
    await service.close();
    rmSync(folder, { recursive: true, force: true });
  });

  // A command may write over what the next one reads.
  beforeEach(() => {
    const model = JSON.stringify(sequential3([2], [kerasDense]));
    for (const name of ['model.keras', 'model.json']) writeFileSync(join(folder, name), model);
  });
  // Long studies that a command began would hold up the next one.
  afterEach(async () => {
    const { data } = (await (await service.get('/v1/jobs?limit=100')).json()) as { data: Job[] };
    for (const { status, links } of data)
      if (status === 'queued' || status === 'running') await service.post(links.cancel, '');
  });

  /** With this service, this job and these sources in the place of those that a reader has. */
  const local = (text: string): string =>
    text
      .replaceAll('localhost:8080', new URL(service.url).host)
      .replaceAll('JOB_ID', jobId)
      .replaceAll(/\bcurl /g, 'curl --fail-with-body --show-error --max-time 60 ')
      .replaceAll(/\bnpm run (diagnose|keys) --/g, `node ${root}cli/$1.ts`)
      .replaceAll('npx gradclinic', `node ${root}cli/gradclinic.js`);

  it.each(commands.filter((command) => reasonOf(command) === null))('$page: $text', async ({ text }) => {
    const { code, out } = await run(local(text), folder, { PORT: new URL(service.url).port });
    // A diagnosis tells the verdict by its exit code.
    const isDiagnosis = /\bdiagnose\b/.test(text);
    expect(isDiagnosis ? [0, 1, 3] : [0], out).toContain(code);
    if (!/-o |> |import|keys/.test(text)) expect(out).not.toBe('');
  });
});
