/** @file A patch as lines: what stood at each path, and what stands there after. */
import type { Patch } from '../../client/index.ts';

export interface Change {
  readonly path: string;
  readonly before: string | null;
  readonly after: string | null;
}

function valueAt(root: unknown, pointer: string): unknown {
  const keys = pointer
    .split('/')
    .slice(1)
    .map((key) => key.replaceAll('~1', '/').replaceAll('~0', '~'));
  return keys.reduce<unknown>(
    (node, key) => (node as Record<string, unknown> | null | undefined)?.[key],
    root,
  );
}

const text = (value: unknown): string =>
  JSON.stringify(value, null, 1)?.replaceAll(/\n\s*/g, ' ') ?? 'nothing';

export const changesOf = (experiment: unknown, patch: Patch): Change[] =>
  patch.map(({ op, path, value }) => ({
    path,
    before: op === 'add' ? null : text(valueAt(experiment, path)),
    after: op === 'remove' ? null : text(value),
  }));

/** /network/layers/0/activation → network › layers › 0 › activation */
export const readablePath = (path: string): string =>
  path
    .split('/')
    .slice(1)
    .map((key) => (key === '-' ? 'new' : key.replaceAll('~1', '/').replaceAll('~0', '~')))
    .join(' › ');
