/** @file What lies behind a layer: all that its output goes into, by the ways through the network, not by a list's order. */

/** A layer with the names of what it takes. */
interface Node {
  readonly name: string;
  /** Layers, or inputs of the network; where it is not known, the layer before it in the list. */
  readonly inputs?: readonly string[] | undefined;
}

/** For every layer the names of those that its output reaches, its own included. */
export function layersBehind(layers: readonly Node[]): ReadonlyMap<string, ReadonlySet<string>> {
  const users = new Map<string, string[]>(layers.map(({ name }) => [name, []]));
  layers.forEach(({ name, inputs }, i) => {
    const before = layers[i - 1];
    for (const input of inputs ?? (before === undefined ? [] : [before.name])) users.get(input)?.push(name);
  });
  const reachedFrom = (start: string): ReadonlySet<string> => {
    const reached = new Set([start]);
    // A set is walked in the order in which it grows.
    for (const name of reached) for (const user of users.get(name) ?? []) reached.add(user);
    return reached;
  };
  return new Map(layers.map(({ name }) => [name, reachedFrom(name)]));
}
