/** @file Settings that differ between experiments, by path. */

export interface Difference {
  readonly path: string;
  /** One for each experiment. */
  readonly values: readonly string[];
}

/** Every number, text and flag of a tree, by its path. */
function leaves(value: unknown, path: string, found: Map<string, string>): Map<string, string> {
  if (value !== null && typeof value === 'object') {
    for (const [key, item] of Object.entries(value))
      leaves(item, path === '' ? key : `${path}.${key}`, found);
  } else found.set(path, JSON.stringify(value) ?? '');
  return found;
}

const ABSENT = '–';

export function differences(trees: readonly unknown[]): Difference[] {
  const all = trees.map((tree) => leaves(tree, '', new Map()));
  const paths = [...new Set(all.flatMap((found) => [...found.keys()]))];
  return paths
    .map((path) => ({ path, values: all.map((found) => found.get(path) ?? ABSENT) }))
    .filter(({ values }) => new Set(values).size > 1);
}
