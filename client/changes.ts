/** @file A patch for people: what stood at each place, and what stands there after. */
import type { Patch } from './types.ts';

export interface Change {
  /** A JSON Pointer. */
  readonly path: string;
  /** Undefined where nothing stood before, or stands after. */
  readonly before: unknown;
  readonly after: unknown;
}

type Tree = Record<string, unknown>;

const keysOf = (pointer: string): string[] =>
  pointer
    .split('/')
    .slice(1)
    .map((key) => key.replaceAll('~1', '/').replaceAll('~0', '~'));

const parentOf = (pointer: string): string => pointer.slice(0, pointer.lastIndexOf('/'));

const valueAt = (root: unknown, pointer: string): unknown =>
  keysOf(pointer).reduce<unknown>((node, key) => (node as Tree | null | undefined)?.[key], root);

function apply(root: unknown, { op, path, value }: Patch[number]): void {
  const key = keysOf(path).at(-1) ?? '';
  const parent = valueAt(root, parentOf(path));
  if (Array.isArray(parent)) {
    const at = key === '-' ? parent.length : Number(key);
    parent.splice(at, op === 'add' ? 0 : 1, ...(op === 'remove' ? [] : [structuredClone(value)]));
  } else if (parent !== null && typeof parent === 'object') {
    if (op === 'remove') delete (parent as Tree)[key];
    else (parent as Tree)[key] = structuredClone(value);
  }
}

/**
 * Each operation is read where the ones before it have left things: one that removes a layer moves those behind it. A part that becomes
 * another one, as an optimizer that gets another type, is one change, not one for each of its options.
 */
export function changesOf(experiment: unknown, patch: Patch): Change[] {
  const root = structuredClone(experiment);
  const exchanged = new Set(patch.flatMap(({ path }) => (path.endsWith('/type') ? [parentOf(path)] : [])));
  const changes: Change[] = [];
  for (const operation of patch) {
    const parent = parentOf(operation.path);
    const path = exchanged.has(parent) ? parent : operation.path;
    const last = changes.at(-1);
    const goesOn = path === parent && last?.path === path;
    const before = goesOn
      ? last.before
      : operation.op === 'add' && path !== parent
        ? undefined
        : structuredClone(valueAt(root, path));
    if (goesOn) changes.pop();
    apply(root, operation);
    const after = path === parent ? structuredClone(valueAt(root, path)) : operation.value;
    changes.push({ path, before, after });
  }
  return changes;
}
