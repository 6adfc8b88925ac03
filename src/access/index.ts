/** @file The folder's door: who may call, and how much. */
export { type Access, ANONYMOUS, createAccess } from './access.ts';
export { addKey, KeysFileError, readKeys, removeKey } from './keys_file.ts';
export type { KeyLimits } from './limits.ts';
