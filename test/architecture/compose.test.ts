/** @file compose.yaml fits the program and its image: settings that exist, roles, health, nothing writable. */
import { spawn } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { readConfig } from '../../src/config.ts';
import { startTestService } from '../http/service.ts';

interface Service {
  readonly build?: string;
  readonly image: string;
  readonly user?: string;
  readonly read_only?: boolean;
  readonly tmpfs?: string | readonly string[];
  readonly ports?: readonly string[];
  readonly volumes?: readonly string[];
  readonly environment: Readonly<Record<string, string>>;
  readonly healthcheck: { readonly test: readonly string[] };
  readonly depends_on?: Readonly<Record<string, { readonly condition: string }>>;
  readonly deploy?: { readonly replicas: number };
  readonly stop_grace_period?: string;
}

const read = (path: string) => readFileSync(new URL(`../../${path}`, import.meta.url), 'utf8');
const password = 's3cret';
const text = read('compose.yaml')
  .replaceAll(/\$\{POSTGRES_PASSWORD[^}]*\}/g, password)
  .replaceAll(/\$\{\w+:-([^}]*)\}/g, '"$1"');
const compose = parse(text, { merge: true }) as {
  services: Record<'postgres' | 'api' | 'worker', Service>;
  volumes: Record<string, unknown>;
};
const { postgres, api, worker } = compose.services;

/** What the image sets itself. */
const imageEnvironment = Object.fromEntries(
  [...read('Dockerfile').matchAll(/^ENV (.*)$/gm)]
    .flatMap(([, line]) => line?.split(' ') ?? [])
    .map((pair) => pair.split('=') as [string, string]),
);

it('is PostgreSQL, one api and two workers', () => {
  expect(Object.keys(compose.services)).toEqual(['postgres', 'api', 'worker']);
  expect([api.deploy?.replicas ?? 1, worker.deploy?.replicas]).toEqual([1, 2]);
  expect(readConfig({ ...imageEnvironment, ...api.environment }).role).toBe('api');
  expect(readConfig({ ...imageEnvironment, ...worker.environment }).role).toBe('worker');
});

it('keeps the data of PostgreSQL alone, in a named volume', () => {
  const [volume] = postgres.volumes ?? [];
  expect(Object.keys(compose.volumes)).toEqual([volume?.split(':')[0]]);
  expect([api.volumes, worker.volumes]).toEqual([undefined, undefined]);
});

it('is open to this machine alone', () => {
  expect([postgres.ports, worker.ports]).toEqual([undefined, undefined]);
  for (const port of api.ports ?? []) expect(port).toMatch(/^127\.0\.0\.1:\d+:8080$/);
});

describe.each([
  { name: 'api', service: api },
  { name: 'worker', service: worker },
])('$name', ({ service }) => {
  it('is built from the Dockerfile, whose user it is', () => {
    expect(service.build).toBe('.');
    expect(existsSync(new URL('../../Dockerfile', import.meta.url))).toBe(true);
    expect(read('Dockerfile')).toContain(`\nUSER ${service.user}\n`);
  });

  it('sets variables that exist, and the database that there is', () => {
    const source = read('src/config.ts');
    const { PGPASSWORD, ...settings } = service.environment;
    for (const name of Object.keys(settings)) expect(source).toContain(`\n  ${name}: `);
    const { POSTGRES_USER, POSTGRES_DB, POSTGRES_PASSWORD } = postgres.environment;
    const url = `postgres://${POSTGRES_USER}@postgres:5432/${POSTGRES_DB}`;
    expect(readConfig({ ...imageEnvironment, ...settings }).databaseUrl).toBe(url);
    expect([POSTGRES_PASSWORD, PGPASSWORD]).toEqual([password, password]);
  });

  it('cannot write to its file system, and starts once PostgreSQL is healthy', () => {
    expect(service.read_only).toBe(true);
    expect(service.depends_on).toEqual({ postgres: { condition: 'service_healthy' } });
    expect(Number.parseInt(service.stop_grace_period ?? '', 10)).toBeGreaterThan(10);
  });

  it('is healthy when the service is ready, and not when nobody answers', async () => {
    const [kind, program, flag, script] = service.healthcheck.test;
    expect([kind, program, flag]).toEqual(['CMD', 'node', '-e']);
    const running = await startTestService();
    const { port } = new URL(running.url);
    const exitCode = () =>
      new Promise((resolve) => {
        const code = script?.replace(':8080/', `:${port}/`) ?? '';
        spawn(process.execPath, ['-e', code], { cwd: fileURLToPath(new URL('../..', import.meta.url)) }).once(
          'exit',
          resolve,
        );
      });
    expect(await exitCode()).toBe(0);
    await running.close();
    expect(await exitCode()).toBe(1);
  });
});
