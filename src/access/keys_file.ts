/** @file The file of access keys: names, hashes and limits. The keys themselves stand nowhere. */
import { createHash, randomBytes } from 'node:crypto';
import {
  chmodSync,
  chownSync,
  existsSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { z } from 'zod';
import { keyLimitsSchema } from './limits.ts';
import { ANONYMOUS } from './owner.ts';

/** Names stand in the database as the owner of jobs. */
const nameSchema = z
  .string()
  .regex(/^[a-z0-9][a-z0-9_.-]{0,63}$/, 'has to be 1 to 64 of a-z, 0-9, "_", "." and "-"')
  .refine((name) => name !== ANONYMOUS, `"${ANONYMOUS}" is the owner of what is made without a key`);

const keySchema = z.strictObject({
  name: nameSchema,
  sha256: z.string().regex(/^[0-9a-f]{64}$/, 'has to be the SHA-256 of the key, 64 hexadecimal digits'),
  limits: keyLimitsSchema.partial().default({}),
  /** Signs the webhooks of its jobs: `whsec_` and base64. */
  webhook_secret: z
    .string()
    .regex(/^(whsec_)?[A-Za-z0-9+/]{2,}={0,2}$/, 'has to be whsec_ and base64')
    .optional(),
});

const fileSchema = z.strictObject({
  keys: z
    .array(keySchema)
    .refine((keys) => new Set(keys.map(({ name }) => name)).size === keys.length, 'a name stands there twice')
    .refine(
      (keys) => new Set(keys.map(({ sha256 }) => sha256)).size === keys.length,
      'a key stands there twice',
    ),
});

export type AccessKey = z.output<typeof keySchema>;

/** One line that says what is wrong with the file. */
export class KeysFileError extends Error {
  override name = 'KeysFileError';
}

function parseKeys(text: string): AccessKey[] {
  let content: unknown;
  try {
    content = JSON.parse(text);
  } catch {
    throw new KeysFileError('it is not JSON');
  }
  const parsed = fileSchema.safeParse(content);
  if (parsed.success) return parsed.data.keys;
  const [issue] = parsed.error.issues;
  throw new KeysFileError(`/${issue?.path.join('/')}: ${issue?.message}`);
}

/** @throws KeysFileError */
export function readKeys(path: string): AccessKey[] {
  let text: string;
  try {
    text = readFileSync(path, 'utf8');
  } catch (error) {
    throw new KeysFileError(`it cannot be read (${(error as NodeJS.ErrnoException).code})`);
  }
  return parseKeys(text);
}

const KEY_BYTES = 32;

/**
 * Renamed into place: a crash leaves the old file or the new one. Nobody else may read a new one; one that was there stays readable
 * to whom it was, as the user of a container that has it mounted.
 * @throws KeysFileError
 */
function writeKeys(path: string, keys: readonly AccessKey[]): void {
  const before = statSync(path, { throwIfNoEntry: false });
  const draft = `${path}.${process.pid}.tmp`;
  writeFileSync(draft, `${JSON.stringify({ keys }, null, 2)}\n`, { mode: 0o600 });
  try {
    if (before !== undefined) {
      chownSync(draft, before.uid, before.gid);
      chmodSync(draft, before.mode & 0o777);
    }
    renameSync(draft, path);
  } catch (error) {
    rmSync(draft, { force: true });
    const { code } = error as NodeJS.ErrnoException;
    throw new KeysFileError(
      `it stays as it was: it belongs to another user, who has to do this, or root (${code})`,
    );
  }
}

/**
 * Makes a key and adds its hash to the file, which is made where there is none.
 * @returns the key, which is to be had only now
 * @throws KeysFileError
 */
export function addKey(path: string, name: string): string {
  const named = nameSchema.safeParse(name);
  if (!named.success) throw new KeysFileError(`the name ${named.error.issues[0]?.message}`);
  const keys = existsSync(path) ? readKeys(path) : [];
  if (keys.some((known) => known.name === name)) throw new KeysFileError(`it already has a key "${name}"`);
  // So long that no hash slower than SHA-256 is needed; the prefix lets secret scanners find a leaked one.
  const key = `gradclinic_${randomBytes(KEY_BYTES).toString('base64url')}`;
  const sha256 = createHash('sha256').update(key).digest('hex');
  writeKeys(path, [...keys, { name, sha256, limits: {} }]);
  return key;
}

/**
 * Takes a key out of the file. What was made with it stays, and belongs to whoever gets a key of this name.
 * @throws KeysFileError
 */
export function removeKey(path: string, name: string): void {
  const keys = readKeys(path);
  const rest = keys.filter((key) => key.name !== name);
  if (rest.length === keys.length) throw new KeysFileError(`it has no key "${name}"`);
  writeKeys(path, rest);
}
