/** @file Makes access keys: prints the key once, adds its hash to the keys file. */
import { parseArgs } from 'node:util';
import { addKey } from '../src/access/index.ts';
import { readKeysPath } from '../src/config.ts';

const USAGE = `usage: npm run keys -- create NAME [--file FILE]

  NAME    who the key is for; owns what is made with it
  --file  the keys file; default API_KEYS_FILE, or ./keys.json`;

const DEFAULT_FILE = './keys.json';

function main(): void {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: { file: { type: 'string' }, help: { type: 'boolean', short: 'h', default: false } },
  });
  if (values.help) {
    console.log(USAGE);
    return;
  }
  const [command, name, ...rest] = positionals;
  if (command !== 'create' || name === undefined || rest.length > 0) throw new Error(USAGE);
  const file = values.file ?? readKeysPath() ?? DEFAULT_FILE;
  const key = addKey(file, name);
  console.log(key);
  console.error(
    `This key is shown only now. Its hash is in ${file}: start the service with API_KEYS_FILE=${file}`,
  );
}

try {
  main();
} catch (error) {
  console.error(error instanceof Error ? error.message : String(error));
  process.exitCode = 2;
}
