/** @file The folder's door: who may call, and how much. */
export { type Access, createAccess } from './access.ts';
export { addKey, KeysFileError, readKeys, removeKey } from './keys_file.ts';
export type { KeyLimits } from './limits.ts';
export { ANONYMOUS } from './owner.ts';
