/** @file Makes, lists and revokes access keys. A key is printed once, when it is made; the file keeps its hash. */
import { parseArgs } from 'node:util';
import { addKey, readKeys, removeKey } from '../src/access/index.ts';
import { readKeysPath } from '../src/config.ts';

const USAGE = `usage: npm run keys -- create NAME [--file FILE]
       npm run keys -- list [--file FILE]
       npm run keys -- revoke NAME [--file FILE]

  NAME    who the key is for; owns what is made with it
  --file  the keys file; default API_KEYS_FILE, or ./keys.json

The service reads the file when it starts: restart it after a change.`;

const DEFAULT_FILE = './keys.json';

function create(file: string, name: string): void {
  console.log(addKey(file, name));
  console.error(
    `This key is shown only now. Its hash is in ${file}: (re)start the service with API_KEYS_FILE=${file}`,
  );
}

function revoke(file: string, name: string): void {
  removeKey(file, name);
  console.error(`"${name}" is out of ${file}: restart the service`);
}

/** Enough of the hash to tell two keys apart. */
const HASH_SHOWN = 12;

function list(file: string): void {
  for (const { name, sha256, limits } of readKeys(file)) {
    console.log(`${name}\t${sha256.slice(0, HASH_SHOWN)}\t${JSON.stringify(limits)}`);
  }
}

function main(): void {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: { file: { type: 'string' }, help: { type: 'boolean', short: 'h', default: false } },
  });
  if (values.help) {
    console.log(USAGE);
    return;
  }
  const file = values.file ?? readKeysPath() ?? DEFAULT_FILE;
  const [command, name, ...rest] = positionals;
  if (command === 'list' && name === undefined) list(file);
  else if (command === 'create' && name !== undefined && rest.length === 0) create(file, name);
  else if (command === 'revoke' && name !== undefined && rest.length === 0) revoke(file, name);
  else throw new Error(USAGE);
}

try {
  main();
} catch (error) {
  console.error(error instanceof Error ? error.message : String(error));
  process.exitCode = 2;
}
