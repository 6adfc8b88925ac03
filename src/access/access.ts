/** @file From a request's Authorization header to the owner of what it makes, and the owner's limits. */
import { createHash, timingSafeEqual } from 'node:crypto';
import type { AccessKey } from './keys_file.ts';
import type { KeyLimits } from './limits.ts';
import { ANONYMOUS } from './owner.ts';

export interface Access {
  /** The owner that the header proves; null where it proves none. */
  identify(authorization: string | undefined): string | null;
  limitsOf(owner: string): KeyLimits;
  /** What signs the owner's webhooks, where it is not that of the service; else null. */
  webhookSecretOf(owner: string): string | null;
}

const BEARER = /^Bearer +([\x21-\x7e]+)$/i;

/** @param keys null where the service asks for none */
export function createAccess(keys: readonly AccessKey[] | null, defaults: KeyLimits): Access {
  const limits = new Map((keys ?? []).map((key) => [key.name, { ...defaults, ...key.limits } as KeyLimits]));
  const hashes = (keys ?? []).map(({ name, sha256 }) => ({ name, hash: Buffer.from(sha256, 'hex') }));
  return {
    limitsOf: (owner) => limits.get(owner) ?? defaults,
    webhookSecretOf: (owner) => (keys ?? []).find(({ name }) => name === owner)?.webhook_secret ?? null,
    identify(authorization) {
      if (keys === null) return ANONYMOUS;
      const token = BEARER.exec(authorization ?? '')?.[1];
      if (token === undefined) return null;
      const given = createHash('sha256').update(token).digest();
      // Every key is compared, in constant time: how long it takes tells nothing of which one was close.
      let found: string | null = null;
      for (const { name, hash } of hashes) if (timingSafeEqual(hash, given)) found = name;
      return found;
    },
  };
}
