/** @file A DATA_DIR that cannot be used ends the start at once, with one line: the path, what is wrong, what to do. */
import { execFileSync, spawn } from 'node:child_process';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import Database from 'better-sqlite3';
import { afterAll, expect, it } from 'vitest';
import { readConfig } from '../../src/config.ts';
import { startService } from '../../src/service.ts';
import { killAll, startServerProcess } from './server_process.ts';

const folder = mkdtempSync(join(tmpdir(), 'gradclinic-data-dir-'));
afterAll(() => {
  killAll();
  rmSync(folder, { recursive: true, force: true });
});

const server = new URL('../../src/server.ts', import.meta.url).pathname;
const good = gunzipSync(readFileSync(new URL('../jobs/released/0006_documents.sqlite.gz', import.meta.url)));

interface Ended {
  readonly code: number | null;
  readonly output: string;
}

/** The program, which takes two seconds of a core until it looks at its folder. */
const startProgram = (DATA_DIR: string): Promise<Ended> =>
  new Promise((resolve) => {
    const child = spawn(process.execPath, [server], {
      env: { ...process.env, DATA_DIR, PORT: '0' },
      timeout: 60_000,
    });
    let output = '';
    for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk) => (output += chunk));
    child.once('close', (code) => resolve({ code, output }));
  });

/** The same start in this process: what it fails with is the line that the program ends with. */
const startHere = (DATA_DIR: string): Promise<string> =>
  startService(readConfig({ DATA_DIR, PORT: '0', LOG_LEVEL: 'silent' })).then(
    () => 'it started',
    ({ message }: Error) => message,
  );

/** A folder with this in the place of the database. */
function holding(bytes: Buffer, change: (file: string) => void = () => {}): string {
  const dataDir = mkdtempSync(join(folder, 'data-'));
  const file = join(dataDir, 'gradclinic.sqlite');
  writeFileSync(file, bytes);
  change(file);
  return dataDir;
}

const sql = (text: string) => (file: string) => {
  const database = new Database(file);
  database.exec(text);
  database.close();
};
const overwrite = (at: number, bytes: number) => (file: string) =>
  void writeSync(openSync(file, 'r+'), Buffer.alloc(bytes, 'x'), 0, bytes, at);
const aFile = () => {
  const path = join(mkdtempSync(join(folder, 'data-')), 'file');
  writeFileSync(path, '');
  return path;
};
/** A folder where something else stands in the place of one of its files or folders. */
const wrong = (name: string, make: (path: string) => void) => () => {
  const dataDir = mkdtempSync(join(folder, 'data-'));
  make(join(dataDir, name));
  return dataDir;
};
const aFolder = (path: string) => void mkdirSync(path);
const aPipe = (path: string) => void execFileSync('mkfifo', [path]);
const toItself = (path: string) => symlinkSync(path, path);
const aLink = (to: string) => {
  const path = join(mkdtempSync(join(folder, 'data-')), 'link');
  symlinkSync(to, path);
  return path;
};

const later = "insert into kysely_migration values ('9999_later', '2030-01-01T00:00:00.000Z')";

const unusable: readonly (readonly [what: string, make: () => string, reason: RegExp])[] = [
  ['of a newer version', () => holding(good, sql(later)), /newer version.*9999_later.*start that version/],
  ['with other bytes', () => holding(Buffer.alloc(20_000, 'no')), /not a SQLite database.*restore a backup/],
  ['cut off', () => holding(good.subarray(0, good.length / 2)), /damaged.*restore a backup/],
  ['with a damaged page', () => holding(good, overwrite(9000, 20_000)), /damaged.*restore a backup/],
  ['of another program', () => holding(Buffer.alloc(0), sql('create table jobs (a)')), /not a database of/],
  ['that is a folder', wrong('gradclinic.sqlite', aFolder), /is a folder.*has to be a file/],
  ['that is a pipe', wrong('gradclinic.sqlite', aPipe), /neither.*has to be a file/],
  ['with a folder as its log', wrong('gradclinic.sqlite-wal', aFolder), /-wal.*is a folder.*put it away/],
  ['with a folder as the lock', wrong('lock.sqlite', aFolder), /lock.sqlite.*is a folder.*put it away/],
  ['with a folder as the reserve', wrong('reserve', aFolder), /reserve.*is a folder.*put it away/],
  ['with a pipe as the reserve', wrong('reserve', aPipe), /reserve.*neither.*put it away/],
  ['whose reserve links to itself', wrong('reserve', toItself), /reserve.*ELOOP.*put it away/],
  [
    'beside a file for uploads',
    wrong('files', (path) => writeFileSync(path, '')),
    /files.*not a folder.*put away/,
  ],
  [
    'beside a link for uploads that leads nowhere',
    wrong('files', (path) => symlinkSync('/nowhere/at/all', path)),
    /files.*link to \/nowhere\/at\/all, which is not there.*put away/,
  ],
  ['behind a link that leads nowhere', () => aLink('/nowhere/at/all'), /link to \/nowhere.*give a folder/],
  ['below such a link', () => join(aLink('/nowhere/at/all'), 'data'), /link to \/nowhere.*give a folder/],
  ['in a place that is a file', aFile, /not a folder.*give a folder/],
  ['below a file', () => join(aFile(), 'data'), /give a folder/],
  ['where nothing can be made', () => '/proc/gradclinic/data', /give a folder/],
];

const here = unusable.filter(([what]) => !what.startsWith('where') || existsSync('/proc'));

it.each(here)('a database %s', async (_what, make, reason) => {
  const dataDir = make();
  const since = performance.now();
  const message = await startHere(dataDir);
  // At once: nobody waits for a lock or tries again.
  expect(performance.now() - since).toBeLessThan(10_000);
  expect(message).toMatch(reason);
  expect(message).toContain(dataDir);
  expect(message.split('\n')).toHaveLength(1);
});

/** Of the database, of the files beside it, of the folder. */
const BY_THE_PROGRAM = [
  'of a newer version',
  'with a pipe as the reserve',
  'beside a file for uploads',
  'in a place that is a file',
];

it.each(unusable.filter(([what]) => BY_THE_PROGRAM.includes(what)))(
  'a database %s ends the program with this line alone',
  async (_what, make, reason) => {
    const dataDir = make();
    const { code, output } = await startProgram(dataDir);
    expect(output).toMatch(reason);
    expect(output).toContain(dataDir);
    expect(output.trim().split('\n')).toHaveLength(1);
    expect(code).toBe(1);
  },
);

it('files of the database are for their owner alone, also those of an earlier version', async () => {
  const dataDir = holding(good);
  const running = await startServerProcess({ settings: { DATA_DIR: dataDir } });
  const modes = readdirSync(dataDir).map((name) => [name, statSync(join(dataDir, name)).mode & 0o777]);
  await running.kill();
  expect(modes.length).toBeGreaterThan(3);
  // Files, and the folder of uploads.
  expect(modes).toEqual(modes.map(([name]) => [name, name === 'files' ? 0o700 : 0o600]));
});
