/** @file A process that brings a database up to date and kills itself after a statement: DATA_DIR and the statement's number as arguments. */
import { pino } from 'pino';
import { openDatabase } from '../../src/jobs/database.ts';

const [dataDir = '', last = ''] = process.argv.slice(2);
let statements = 0;
const { close } = await openDatabase({
  dataDir,
  databaseUrl: null,
  logger: pino({ level: 'silent' }),
  onQuery() {
    if (++statements === Number(last)) process.kill(process.pid, 'SIGKILL');
  },
});
await close();
// There are no more statements.
process.stdout.write(String(statements));
