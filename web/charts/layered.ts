/** @file Places for the nodes of a graph without cycles: columns by the longest way to them, rows in order. */

export interface Node {
  readonly id: string;
  /** Ids of nodes that come before. */
  readonly from: readonly string[];
}

export interface Place {
  readonly column: number;
  readonly row: number;
}

export interface Placed {
  readonly places: ReadonlyMap<string, Place>;
  readonly columns: number;
  readonly rows: number;
}

/** Columns that are broken into lines, as words are. */
export interface Lines {
  /** How many rows each line has. */
  readonly rows: readonly number[];
  /** Which line a column is in, and where in it. */
  lineOf(column: number): { readonly line: number; readonly at: number };
}

export function brokenInto({ places, columns }: Placed, perLine: number): Lines {
  const lineOf = (column: number) => ({ line: Math.floor(column / perLine), at: column % perLine });
  const rows = Array.from({ length: Math.ceil(columns / perLine) }, () => 1);
  for (const { column, row } of places.values()) {
    const { line } = lineOf(column);
    rows[line] = Math.max(rows[line] ?? 1, row + 1);
  }
  return { rows, lineOf };
}

/** A cycle, which is not there, would end at the number of nodes. */
function columnsOf(nodes: readonly Node[]): Map<string, number> {
  const columns = new Map(nodes.map(({ id }) => [id, 0]));
  for (let round = 0; round < nodes.length; round++) {
    let moved = false;
    for (const { id, from } of nodes) {
      const least = Math.max(-1, ...from.map((before) => columns.get(before) ?? -1)) + 1;
      if (least <= (columns.get(id) ?? 0) || least >= nodes.length) continue;
      columns.set(id, least);
      moved = true;
    }
    if (!moved) break;
  }
  return columns;
}

export function layered(nodes: readonly Node[]): Placed {
  const columns = columnsOf(nodes);
  const used = new Map<number, number>();
  const places = new Map<string, Place>();
  for (const { id } of nodes) {
    const column = columns.get(id) ?? 0;
    const row = used.get(column) ?? 0;
    used.set(column, row + 1);
    places.set(id, { column, row });
  }
  return { places, columns: Math.max(0, ...used.keys()) + 1, rows: Math.max(1, ...used.values()) };
}

/** Only the direct ones: what is implied by another arrow is not drawn. */
export function directEdges(nodes: readonly Node[]): Node[] {
  const before = new Map(nodes.map(({ id, from }) => [id, from]));
  const reaches = (start: string, goal: string, seen = new Set<string>()): boolean => {
    if (seen.has(start)) return false;
    seen.add(start);
    return (before.get(start) ?? []).some((next) => next === goal || reaches(next, goal, seen));
  };
  return nodes.map(({ id, from }) => ({
    id,
    from: from.filter((one) => !from.some((other) => other !== one && reaches(other, one))),
  }));
}
