/** @file Why a file is not taken: what is wrong, where, and what helps. */

/** `unreadable`: not what it claims to be, or broken. `too_large`: itself, or what it unpacks to. */
export type RefusalCode = 'unreadable' | 'too_large';

export class FileRefused extends Error {
  override name = 'FileRefused';
  readonly code: RefusalCode;
  readonly fix: string | undefined;

  constructor(message: string, { code = 'unreadable', fix }: { code?: RefusalCode; fix?: string } = {}) {
    super(message);
    this.code = code;
    this.fix = fix;
  }
}

/** What zip archives, gzip streams and encoded columns may unpack to. */
export const MAX_UNPACKED_BYTES = 2 * 2 ** 30;

/** @throws FileRefused too_large, with the number */
export function refuseBeyond(bytes: number, limit: number, what: string): void {
  if (bytes <= limit) return;
  throw new FileRefused(`${what} ${bytes} bytes, more than ${limit}`, {
    code: 'too_large',
    fix: 'send a part of the data, or numbers of fewer bytes such as float32',
  });
}
