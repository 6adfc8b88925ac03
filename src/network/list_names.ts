/** @file The names that can be used in every list of layers of a request: its own, and one for each list inside another layer. */
import type { LayerConfig } from './layers/index.ts';
import { NameScope } from './name_scope.ts';

/** A layer that a list can name. */
export interface NamedPlace {
  readonly name: string;
  /** Positions in the lists that it stands in, from the outermost: `/2/0`. */
  readonly path: string;
  /** Which copy of each `repeat` between the list and the layer it is in, from the outermost. */
  readonly copies: readonly number[];
}

interface Entry extends Omit<NamedPlace, 'name'> {
  /** In every scope, the innermost first. */
  readonly names: readonly string[];
}

/** By the path of the list, which is that of the layer that holds it: of the network's own list ''. */
export function listNames(layers: readonly LayerConfig[]): ReadonlyMap<string, readonly NamedPlace[]> {
  const tables = new Map<string, NamedPlace[]>();
  const named = ({ path, copies, names }: Entry): NamedPlace => ({ name: names[0] as string, path, copies });

  const walk = (configs: readonly LayerConfig[], list: string, scopes: readonly NameScope[]): Entry[] => {
    const aliases: NamedPlace[] = [];
    const entries = configs.flatMap((config, index): Entry[] => {
      const path = `${list}/${index}`;
      if (config.type !== 'repeat') {
        const names = scopes.map((scope, depth) => scope.nameOf(config, depth > 0));
        if (config.layers !== undefined) walk(config.layers, path, scopes);
        return [{ path, copies: [], names }];
      }
      const all = Array.from({ length: config.times as number }, (_, copy) =>
        walk(config.layers ?? [], path, [new NameScope(), ...scopes]).map((entry) => ({
          path: entry.path,
          copies: [copy, ...entry.copies],
          names: entry.names.slice(1),
        })),
      ).flat();
      const last = all.at(-1);
      if (config.name !== undefined && last !== undefined)
        aliases.push({ name: config.name, path: last.path, copies: last.copies });
      return all;
    });
    tables.set(list, [...entries.map(named), ...aliases]);
    return entries;
  };
  walk(layers, '', [new NameScope()]);
  return tables;
}
