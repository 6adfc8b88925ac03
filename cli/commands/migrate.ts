/** @file `gradclinic migrate`: brings the database up to date before a new version starts. */
import { ConfigError, readConfig } from '../../src/config.ts';
import { migrateDatabase } from '../../src/jobs/index.ts';
import { type Command, Refusal, readArguments } from '../program.ts';

const REFUSED = /^(DataDirectory\w+|DatabaseUnreachable)$/;

async function run(args: readonly string[]): Promise<number> {
  const { positionals } = readArguments('migrate', args, {});
  if (positionals.length > 0) throw new Refusal(`migrate takes no argument, not "${positionals[0]}"`);
  try {
    await migrateDatabase(readConfig());
  } catch (error) {
    if (error instanceof ConfigError) throw new Refusal(error.message);
    if (error instanceof Error && REFUSED.test(error.name)) throw new Refusal(error.message);
    throw error;
  }
  console.log('the database is up to date');
  return 0;
}

export const migrate: Command = {
  usage: `usage: gradclinic migrate

Brings the database that DATABASE_URL or DATA_DIR names up to the schema of this version, and ends. Every start of the
service does so as well; a deployment of many processes does it once before them.`,
  run,
};
