/** @file Access keys: the file, what is refused in it, the program that writes it, and who may listen where. */
import { spawnSync } from 'node:child_process';
import { chmodSync, chownSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, describe, expect, it } from 'vitest';
import { addKey } from '../../src/access/index.ts';
import { readConfig } from '../../src/config.ts';

const folder = mkdtempSync(join(tmpdir(), 'gradclinic-keys-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const hash = 'a'.repeat(64);

describe('a keys file that is not valid stops the start, in one line', () => {
  it.each([
    ['no JSON', '{', 'not JSON'],
    ['no keys', '{}', '/keys'],
    ['a short hash', { keys: [{ name: 'a', sha256: 'abc' }] }, '/keys/0/sha256'],
    ['an unsafe name', { keys: [{ name: 'A b', sha256: hash }] }, '/keys/0/name'],
    ['the name of nobody', { keys: [{ name: 'anonymous', sha256: hash }] }, '/keys/0/name'],
    ['an unknown member', { keys: [{ name: 'a', sha256: hash, key: 'x' }] }, 'Unrecognized'],
    ['an unknown limit', { keys: [{ name: 'a', sha256: hash, limits: { jobs: 1 } }] }, '/keys/0/limits'],
    [
      'a limit of 0',
      { keys: [{ name: 'a', sha256: hash, limits: { max_queued_jobs: 0 } }] },
      'max_queued_jobs',
    ],
    [
      'a name twice',
      { keys: [hash, 'b'.repeat(64)].map((sha256) => ({ name: 'a', sha256 })) },
      'a name stands there twice',
    ],
    ['a key twice', { keys: ['a', 'b'].map((name) => ({ name, sha256: hash })) }, 'a key stands there twice'],
  ])('%s', (_case, content, expected) => {
    const path = join(folder, 'bad.json');
    writeFileSync(path, typeof content === 'string' ? content : JSON.stringify(content));
    expect(() => readConfig({ API_KEYS_FILE: path })).toThrow(expected);
    expect(() => readConfig({ API_KEYS_FILE: path })).toThrow(/^API_KEYS_FILE=.+$/);
  });
});

it('with keys the service may listen anywhere; their limits replace the defaults one by one', () => {
  const path = join(folder, 'good.json');
  const key = addKey(path, 'alice');
  const content = JSON.parse(readFileSync(path, 'utf8')) as { keys: { limits: object }[] };
  Object.assign(content.keys[0]?.limits ?? {}, { max_queued_jobs: 3 });
  writeFileSync(path, JSON.stringify(content));
  const { access, host } = readConfig({ API_KEYS_FILE: path, HOST: '0.0.0.0' });
  expect(host).toBe('0.0.0.0');
  expect(access.limitsOf('alice')).toMatchObject({ max_queued_jobs: 3, requests_per_minute: 6000 });
  expect(access.limitsOf('bob').max_queued_jobs).toBe(1000);
  const owners = [`Bearer ${key}`, `bearer ${key}`, `Bearer ${key}x`, key, `Basic ${key}`, '', undefined];
  expect(owners.map((header) => access.identify(header))).toEqual(['alice', 'alice', ...Array(5).fill(null)]);
});

describe('npm run keys', () => {
  const program = fileURLToPath(new URL('../../cli/keys.ts', import.meta.url));
  const path = join(folder, 'made.json');
  const run = (...args: string[]) =>
    spawnSync(process.execPath, [program, ...args], {
      encoding: 'utf8',
      env: { ...process.env, API_KEYS_FILE: path },
    });

  it('prints the key once and keeps only its hash, for nobody else to read', () => {
    const { status, stdout } = run('create', 'alice');
    expect([status, stdout]).toEqual([0, expect.stringMatching(/^gradclinic_[\w-]{43}\n$/)]);
    expect(readFileSync(path, 'utf8')).not.toContain(stdout.trim());
    expect(statSync(path).mode & 0o077).toBe(0);
    expect(run('create', 'bob').status).toBe(0);
    const { access } = readConfig({ API_KEYS_FILE: path });
    expect(access.identify(`Bearer ${stdout.trim()}`)).toBe('alice');
  });

  it('lists names and revokes keys, with nothing to authenticate by on the screen', () => {
    const key = run('create', 'carol').stdout.trim();
    const { stdout } = run('list');
    expect(stdout).toMatch(/^carol\t[0-9a-f]{12}\t\{\}$/m);
    expect(stdout).not.toContain(key);
    expect(readConfig({ API_KEYS_FILE: path }).access.identify(`Bearer ${key}`)).toBe('carol');
    expect(run('revoke', 'carol').status).toBe(0);
    expect(readConfig({ API_KEYS_FILE: path }).access.identify(`Bearer ${key}`)).toBeNull();
    expect(statSync(path).mode & 0o077).toBe(0);
    expect(run('list').stdout).not.toContain('carol');
  });

  it('leave the file to whom it belongs, and readable to whom it was', () => {
    // As for the user of a container, where the test may.
    const isRoot = process.getuid?.() === 0;
    const [owner, group] = isRoot ? [1000, 1000] : [process.getuid?.() ?? 0, process.getgid?.() ?? 0];
    chownSync(path, owner, group);
    chmodSync(path, 0o640);
    expect(run('create', 'dave').status).toBe(0);
    const { uid, mode } = statSync(path);
    expect([uid, mode & 0o777]).toEqual([owner, 0o640]);
    chmodSync(path, 0o600);
  });

  it.each([
    [['create', 'alice']],
    [['create', 'no good']],
    [['create']],
    [['revoke', 'nobody']],
    [['list', 'alice']],
    [['remove', 'alice']],
  ])('refuses %j', (args) => {
    const before = readFileSync(path, 'utf8');
    const { status, stdout, stderr } = run(...args);
    expect([status, stdout]).toEqual([2, '']);
    expect(stderr).not.toMatch(/ at /);
    expect(readFileSync(path, 'utf8')).toBe(before);
  });
});
