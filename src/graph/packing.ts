/**
 * @file Inputs, or outputs, that lie one after another in memory go to the runtime as one: what it takes to hand over each,
 * some microseconds, is more than the arithmetic of a small layer. They are only copied, so that no number changes.
 */
import { present } from '../util/assert.ts';
import type { GraphInput } from './graph.ts';

/** Several inputs or outputs as one, flat. */
export interface Pack {
  readonly name: string;
  readonly members: readonly GraphInput[];
  /** The members' buffers, one after another. */
  readonly data: Float32Array;
}

/** Elements. Of a larger member the copy costs more than handing it over by itself. */
const MAX_MEMBER = 8192;

interface Place {
  readonly member: GraphInput;
  readonly data: Float32Array;
}

const endOf = ({ data }: Place): number => data.byteOffset + data.byteLength;

/** Cuts the places of one buffer, in order, wherever the next does not begin where the last ends. */
function runsOf(places: readonly Place[]): Place[][] {
  const runs: Place[][] = [];
  for (const place of places) {
    const last = runs.at(-1)?.at(-1);
    if (last !== undefined && endOf(last) === place.data.byteOffset) runs.at(-1)?.push(place);
    else runs.push([place]);
  }
  return runs;
}

/**
 * @param side inputs or outputs of a graph
 * @param buffers behind some of them
 * @returns runs of at least two small neighbours
 */
export function packNeighbours(
  side: readonly GraphInput[],
  buffers: ReadonlyMap<string, Float32Array>,
): Pack[] {
  const places = side.flatMap((member): Place[] => {
    const data = buffers.get(member.name);
    return data !== undefined && data.length > 0 && data.length <= MAX_MEMBER ? [{ member, data }] : [];
  });
  return [...Map.groupBy(places, ({ data }) => data.buffer).values()]
    .flatMap((own) => runsOf(own.sort((a, b) => a.data.byteOffset - b.data.byteOffset)))
    .filter((run) => run.length > 1)
    .map((run) => {
      const [first, last] = [present(run[0]), present(run.at(-1))];
      const start = first.data.byteOffset;
      const length = (endOf(last) - start) / Float32Array.BYTES_PER_ELEMENT;
      return {
        name: `${first.member.name} to ${last.member.name}`,
        members: run.map(({ member }) => member),
        data: new Float32Array(first.data.buffer, start, length),
      };
    });
}
