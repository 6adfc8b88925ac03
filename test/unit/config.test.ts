/** @file Settings: defaults, and one line that names the variable where a value is not valid. */
import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { ConfigError, readConfig } from '../../src/config.ts';

const refusal = (environment: Record<string, string>): string => {
  try {
    readConfig(environment);
  } catch (error) {
    expect(error).toBeInstanceOf(ConfigError);
    return (error as Error).message;
  }
  throw new Error(`${JSON.stringify(environment)} was accepted`);
};

it('has the defaults of the contract, and is frozen', () => {
  const config = readConfig({});
  expect(config).toMatchObject({ host: '127.0.0.1', port: 8080, dataDir: './data', logLevel: 'info' });
  expect(config.workerThreads).toBeGreaterThan(0);
  expect(config.limits).toEqual({
    max_body_bytes: 16 * 2 ** 20,
    max_parameters: 2e7,
    max_flops_per_step: 2e10,
    max_total_flops: 5e14,
    max_memory_bytes: 2 ** 31,
    max_trace_bytes: 2 ** 28,
  });
  expect([Object.isFrozen(config), Object.isFrozen(config.limits)]).toEqual([true, true]);
});

it('takes what is given', () => {
  const config = readConfig({ PORT: '0', WORKER_THREADS: '3', MAX_TOTAL_FLOPS: '1e15', LOG_LEVEL: 'debug' });
  expect(config).toMatchObject({ port: 0, workerThreads: 3, logLevel: 'debug' });
  expect(config.limits.max_total_flops).toBe(1e15);
});

describe('malformed values', () => {
  it.each([
    // An empty port read as 0 would silently be any port.
    ['PORT', ''],
    ['PORT', '0x50'],
    ['PORT', '65536'],
    ['PORT', '-1'],
    ['PORT', '80.5'],
    ['WORKER_THREADS', '0'],
    ['WORKER_THREADS', 'two'],
    ['MAX_BODY_BYTES', '1.5'],
    ['MAX_BODY_BYTES', '0'],
    ['MAX_PARAMETERS', 'Infinity'],
    ['LOG_LEVEL', 'loud'],
    ['ALLOW_ANONYMOUS', 'yes'],
    ['DATA_DIR', ''],
    ['HOST', ''],
    ['API_KEYS_FILE', ''],
    ['API_KEYS_FILE', '/no/such/file'],
    ['RATE_LIMIT_PER_MINUTE', '0'],
    ['MAX_JOB_SECONDS', '2000001'],
    ['LEASE_SECONDS', '1'],
    ['ROLE', 'both'],
  ])('%s=%j is named in one line', (name, value) => {
    const message = refusal({ [name]: value });
    expect(message).toMatch(new RegExp(`^${name}=.*${value}.*$`));
  });
});

it.each([
  ['PORT', '-1', 'has to be 0 or more'],
  ['ROLE', 'both', 'must be one of: all, api, worker'],
  ['HOST', '', 'must have at least 1 character'],
])('%s=%j is said to be what it has to be, in plain words', (name, value, wanted) => {
  expect(refusal({ [name]: value })).toBe(`${name}=${JSON.stringify(value)} is not valid: ${wanted}`);
});

describe('the database', () => {
  it('is a SQLite file where the URL is empty', () => {
    expect(readConfig({ ROLE: 'all', DATABASE_URL: '' })).toMatchObject({ databaseUrl: null, role: 'all' });
  });

  it('is PostgreSQL for any role', () => {
    for (const role of ['all', 'api', 'worker']) {
      const config = readConfig({ ROLE: role, DATABASE_URL: 'postgresql://u:p@db:5433/jobs' });
      expect(config).toMatchObject({ role, databaseUrl: 'postgresql://u:p@db:5433/jobs' });
    }
  });

  it.each(['api', 'worker'])('has to be PostgreSQL for ROLE=%s', (ROLE) => {
    expect(refusal({ ROLE })).toBe(`ROLE=${ROLE} needs DATABASE_URL: a SQLite file is for one process`);
  });

  it.each(['mysql://db/jobs', 'postgres:db', 'postgres://user:se cret@:x/'])(
    'is refused without saying its password: %s',
    (DATABASE_URL) => {
      const message = refusal({ DATABASE_URL });
      expect(message).toMatch(/^DATABASE_URL=….*postgres:\/\//);
      expect(message).not.toContain(DATABASE_URL);
    },
  );
});

describe('who may reach the service', () => {
  it.each(['0.0.0.0', '::', '192.168.1.2', '127.0.0.1.example.com'])('refuses %s without consent', (HOST) => {
    expect(refusal({ HOST })).toContain('ALLOW_ANONYMOUS=true');
    expect(readConfig({ HOST, ALLOW_ANONYMOUS: 'true' }).host).toBe(HOST);
  });

  it.each(['127.0.0.1', '127.0.0.2', '::1', 'localhost'])('takes %s as loopback', (HOST) => {
    expect(readConfig({ HOST }).host).toBe(HOST);
  });
});

const server = fileURLToPath(new URL('../../src/server.ts', import.meta.url));

it.each([
  [{ PORT: 'eighty' }, /^gradclinic: PORT="eighty" is not valid: .+\n$/],
  [{ DATA_DIR: server }, /^gradclinic: DATA_DIR=\S+server\.ts cannot be used: .+\n$/],
  [{ DATABASE_URL: 'postgres://127.0.0.1:1/x' }, /^gradclinic: PostgreSQL at \S+ \(DATABASE_URL\) .+\n$/],
])('stops the program with exit code 1 and one line: %j', (settings, line) => {
  const environment = { ...process.env, ...settings };
  const { status, stderr, stdout } = spawnSync(process.execPath, [server], {
    env: environment,
    encoding: 'utf8',
  });
  expect(status).toBe(1);
  expect(stderr).toMatch(line);
  expect(stdout).toBe('');
});
