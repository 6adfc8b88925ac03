/** @file The shape of JSON from its bytes: what it would cost to parse it, before it is parsed. */

export interface ShapeLimits {
  readonly depth: number;
  /** Of one object. Names are hashed and looked up one by one: a million of them keep everybody else waiting for seconds. */
  readonly members: number;
  /** Objects and arrays in all: each takes about a hundred bytes, however few bytes it is written in. */
  readonly containers: number;
  /** Objects in all: a schema reads each by its members, and keeps what is wrong with them. */
  readonly objects: number;
}

const [QUOTE, BACKSLASH, COLON, OBJECT] = [0x22, 0x5c, 0x3a, 0x7b];
const OPENING: ReadonlySet<number> = new Set([0x5b, OBJECT]);
const CLOSING: ReadonlySet<number> = new Set([0x5d, 0x7d]);

/** The index behind the string that begins at `start`; none of these bytes is ever part of a longer UTF-8 character. */
function endOfString(bytes: Uint8Array, start: number): number {
  let i = start + 1;
  for (; i < bytes.length && bytes[i] !== QUOTE; i++) if (bytes[i] === BACKSLASH) i++;
  return i + 1;
}

interface Seen {
  depth: number;
  containers: number;
  objects: number;
  /** By depth, of the object that is open there. */
  readonly members: Uint32Array;
}

/** @param byte outside of strings */
function count(byte: number, seen: Seen, limits: ShapeLimits): keyof ShapeLimits | null {
  if (byte === COLON) {
    const members = (seen.members[seen.depth] ?? 0) + 1;
    seen.members[seen.depth] = members;
    return members > limits.members ? 'members' : null;
  }
  if (CLOSING.has(byte)) seen.depth = Math.max(0, seen.depth - 1);
  if (!OPENING.has(byte)) return null;
  if (++seen.depth > limits.depth) return 'depth';
  seen.members[seen.depth] = 0;
  if (++seen.containers > limits.containers) return 'containers';
  return byte === OBJECT && ++seen.objects > limits.objects ? 'objects' : null;
}

/**
 * Which limit the bytes are over; null where they keep all. Does not recurse. Byte by byte, because a regular expression
 * overflows its stack on a string of some megabytes, which is what base64 weights are.
 */
export function beyondShape(bytes: Uint8Array, limits: ShapeLimits): keyof ShapeLimits | null {
  const seen: Seen = { depth: 0, containers: 0, objects: 0, members: new Uint32Array(limits.depth + 1) };
  for (let i = 0; i < bytes.length; i++) {
    const byte = bytes[i] as number;
    if (byte === QUOTE) i = endOfString(bytes, i) - 1;
    else {
      const beyond = count(byte, seen, limits);
      if (beyond !== null) return beyond;
    }
  }
  return null;
}
