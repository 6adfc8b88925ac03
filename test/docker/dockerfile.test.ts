/** @file The cheap part of `npm run dockerfile:prove`: no root needed, nothing installed. */
import {
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import dockerIgnore from '@balena/dockerignore';
import { afterAll, expect, it } from 'vitest';
import { copy } from '../../scripts/docker/build.ts';
import { readStages, type Step } from '../../scripts/docker/dockerfile.ts';
import { lintDockerfile } from '../../scripts/docker/lint.ts';
import { readConfig } from '../../src/config.ts';
import { killAll, startServerProcess } from '../faults/server_process.ts';
import { tinyExperiment } from '../http/service.ts';

const project = fileURLToPath(new URL('../../', import.meta.url));
const text = readFileSync(join(project, 'Dockerfile'), 'utf8');
const stages = readStages(text);
const steps = stages.at(-1)?.steps ?? [];
const stepsOf = <K extends Step['kind']>(kind: K) =>
  steps.filter((step): step is Extract<Step, { kind: K }> => step.kind === kind);

const folder = mkdtempSync(join(tmpdir(), 'gradclinic-image-'));
afterAll(() => {
  killAll();
  rmSync(folder, { recursive: true, force: true });
});

it('has nothing for the linter, which does find faults', () => {
  expect(lintDockerfile(text)).toEqual([]);
  expect(lintDockerfile('FROM a\nWORKDIR app\nCMD a\nCMD b\n').length).toBeGreaterThanOrEqual(2);
});

it('has the Node.js version of the project in every stage', () => {
  const { devDependencies } = JSON.parse(readFileSync(join(project, 'package.json'), 'utf8')) as {
    devDependencies: { node: string };
  };
  for (const { image } of stages) expect(image).toBe(`node:${devDependencies.node}-slim`);
});

it('runs as a user without rights, keeps its data in a volume, says whether it is well', () => {
  expect(stepsOf('user').map(({ value }) => value)).toEqual(['node']);
  const variables = Object.assign({}, ...stepsOf('env').map(({ values }) => values));
  expect(stepsOf('volume').map(({ value }) => value)).toEqual([variables.DATA_DIR]);
  expect(stepsOf('healthcheck')).toHaveLength(1);
  expect(steps.at(-1)?.kind).toBe('cmd');
});

it('serves nobody without access keys, unless that is asked for', () => {
  const variables = Object.assign({}, ...stepsOf('env').map(({ values }) => values));
  expect(() => readConfig(variables)).toThrow('API_KEYS_FILE');
  expect(readConfig({ ...variables, ALLOW_ANONYMOUS: 'true' }).host).toBe('0.0.0.0');
});

it.each(['.git', 'node_modules', 'data', 'test', 'bench', 'keys.json'])(
  'leaves %s out of the build',
  (name) => {
    const ignore = dockerIgnore.default().add(readFileSync(join(project, '.dockerignore'), 'utf8'));
    expect(ignore.ignores(name)).toBe(true);
  },
);

it('refuses instructions and flags that it would have to ignore', () => {
  expect(() => readStages('FROM a\nADD b c\n')).toThrow('ADD is not understood');
  expect(() => readStages('FROM a\nCOPY --chown=b c d\n')).toThrow('--chown');
  expect(() => readStages('FROM a\nCMD node\n')).toThrow('JSON');
});

it('starts and trains from nothing but the files that are copied, also where nothing can be bundled', async () => {
  const image = { root: folder, workdir: '/app', environment: {}, user: null, volume: null } as const;
  for (const step of stepsOf('copy').filter(({ from }) => from === null))
    copy(step, { ...image, healthcheck: null, cmd: null }, project, new Map());
  const modules = join(folder, 'app/node_modules');
  mkdirSync(modules);
  for (const name of readdirSync(join(project, 'node_modules')).filter((one) => one !== '.cache'))
    symlinkSync(join(project, 'node_modules', name), join(modules, name));
  writeFileSync(join(modules, '.cache'), 'no folder');
  const server = await startServerProcess({
    settings: { DATA_DIR: join(folder, 'data') },
    root: join(folder, 'app'),
  });
  const response = await fetch(`${server.url}/v1/jobs`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', prefer: 'wait=60' },
    body: JSON.stringify(tinyExperiment()),
  });
  expect(await response.json()).toMatchObject({ status: 'succeeded' });
  await server.kill();
});
