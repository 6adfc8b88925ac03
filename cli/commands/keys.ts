/** @file `gradclinic keys`: makes, lists and revokes access keys. A key is printed once, when it is made; the file keeps its hash. */
import { addKey, KeysFileError, readKeys, removeKey } from '../../src/access/index.ts';
import { readKeysPath } from '../../src/config.ts';
import { type Command, Refusal, readArguments } from '../program.ts';

const USAGE = `usage: gradclinic keys create NAME [--file FILE]
       gradclinic keys list [--file FILE]
       gradclinic keys revoke NAME [--file FILE]

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

async function run(args: readonly string[]): Promise<number> {
  const { values, positionals } = readArguments('keys', args, { file: { type: 'string' } });
  const file = values.file ?? readKeysPath() ?? DEFAULT_FILE;
  const [command, name, ...rest] = positionals;
  try {
    if (command === 'list' && name === undefined) list(file);
    else if (command === 'create' && name !== undefined && rest.length === 0) create(file, name);
    else if (command === 'revoke' && name !== undefined && rest.length === 0) revoke(file, name);
    else if ((command === 'create' || command === 'revoke') && name === undefined)
      throw new Refusal(`NAME is missing: gradclinic keys ${command} NAME`);
    else throw new Refusal(USAGE);
  } catch (error) {
    if (error instanceof KeysFileError) throw new Refusal(`${file}: ${error.message}`);
    throw error;
  }
  return 0;
}

export const keys: Command = { usage: USAGE, run };
