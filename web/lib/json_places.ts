/** @file Where things stand in JSON text that may not be finished: values by pointer, and what the caret is within. */

export interface Frame {
  readonly kind: 'object' | 'array';
  /** The place of the value that comes next. */
  key: string | number;
  /** Simple values of an object so far, as text. */
  readonly entries: Map<string, string>;
}

export interface Caret {
  /** From the outside in. */
  readonly frames: readonly Frame[];
  /** Whether a key is expected here, rather than a value. */
  readonly atKey: boolean;
  /** What of the word at the caret is written already, without its quotes, and where it starts. */
  readonly word: string;
  readonly wordStart: number;
}

const TOKEN = /"(?:[^"\\\n]|\\.)*"?|[{}[\],:]|[^\s{}[\],:"]+/g;

const escapeKey = (key: string | number): string => String(key).replaceAll('~', '~0').replaceAll('/', '~1');
const pointerOf = (frames: readonly Frame[]): string =>
  frames.map(({ key }) => `/${escapeKey(key)}`).join('');
const unquoted = (token: string): string => token.replace(/^"/, '').replace(/"$/, '');

/** A reader of tokens that forgives what is missing. */
class Scanner {
  readonly frames: Frame[] = [];
  readonly places = new Map<string, number>();
  atKey = false;

  take(token: string, offset: number): void {
    const frame = this.frames.at(-1);
    if (token === '{' || token === '[') this.#open(token, offset);
    else if (token === ',') this.#next(frame);
    else if (token === ':') this.atKey = false;
    else if (token === '}' || token === ']') {
      this.frames.pop();
      this.atKey = false;
    } else if (this.atKey && frame !== undefined) frame.key = unquoted(token);
    else this.#value(frame, token, offset);
  }

  #open(token: string, offset: number): void {
    this.places.set(pointerOf(this.frames), offset);
    this.frames.push({
      kind: token === '{' ? 'object' : 'array',
      key: token === '{' ? '' : 0,
      entries: new Map(),
    });
    this.atKey = token === '{';
  }

  #next(frame: Frame | undefined): void {
    if (frame?.kind === 'array') frame.key = Number(frame.key) + 1;
    this.atKey = frame?.kind === 'object';
  }

  #value(frame: Frame | undefined, token: string, offset: number): void {
    this.places.set(pointerOf(this.frames), offset);
    if (frame?.kind === 'object') frame.entries.set(String(frame.key), unquoted(token));
  }
}

/** The offset of each value, by JSON Pointer. */
export function placesOf(text: string): ReadonlyMap<string, number> {
  const scanner = new Scanner();
  for (const match of text.matchAll(TOKEN)) scanner.take(match[0], match.index);
  return scanner.places;
}

/** The place of the value, or of the nearest that holds it. */
export function placeOf(places: ReadonlyMap<string, number>, pointer: string): number {
  for (let at = pointer; ; at = at.slice(0, at.lastIndexOf('/'))) {
    const known = places.get(at);
    if (known !== undefined) return known;
    if (at === '') return 0;
  }
}

export function caretOf(text: string, offset: number): Caret {
  const scanner = new Scanner();
  for (const match of text.matchAll(TOKEN)) {
    const end = match.index + match[0].length;
    if (match.index >= offset) break;
    const isWord = !/^[{}[\],:]$/.test(match[0]);
    const open =
      isWord && (end > offset || (end === offset && !(match[0].length > 1 && match[0].endsWith('"'))));
    if (open)
      return {
        frames: scanner.frames,
        atKey: scanner.atKey,
        word: unquoted(match[0].slice(0, offset - match.index)),
        wordStart: match.index,
      };
    scanner.take(match[0], match.index);
  }
  return { frames: scanner.frames, atKey: scanner.atKey, word: '', wordStart: offset };
}

function isValue(token: string): boolean {
  try {
    JSON.parse(token);
    return true;
  } catch {
    return false;
  }
}

type Wanted = 'value' | 'key' | 'colon' | 'comma' | 'end';

const CLOSING: Readonly<Record<string, string>> = { '{': '}', '[': ']' };

/** What may come next, strictly. */
class Grammar {
  readonly #open: string[] = [];
  #empty = false;
  wanted: Wanted = 'value';

  /** @returns whether the token can stand here */
  take(token: string): boolean {
    const within = this.#open.at(-1);
    const empty = this.#empty;
    this.#empty = false;
    if (within !== undefined && token === CLOSING[within] && (empty || this.wanted === 'comma')) {
      this.#open.pop();
      return this.#ended();
    }
    if (this.wanted === 'value') return this.#value(token);
    if (this.wanted === 'key') return this.#then('colon', token.startsWith('"') && isValue(token));
    if (this.wanted === 'colon') return this.#then('value', token === ':');
    return this.#then(within === '{' ? 'key' : 'value', this.wanted === 'comma' && token === ',');
  }

  #value(token: string): boolean {
    if (CLOSING[token] === undefined) return isValue(token) && this.#ended();
    this.#open.push(token);
    this.#empty = true;
    return this.#then(token === '{' ? 'key' : 'value', true);
  }

  #ended(): boolean {
    return this.#then(this.#open.length === 0 ? 'end' : 'comma', true);
  }

  #then(wanted: Wanted, fits: boolean): boolean {
    this.wanted = wanted;
    return fits;
  }
}

/** Where text stops being JSON: the first token that cannot stand there, or the end. Null where all of it is JSON. */
export function brokenAt(text: string): number | null {
  const grammar = new Grammar();
  for (const { 0: token, index } of text.matchAll(TOKEN)) if (!grammar.take(token)) return index;
  return grammar.wanted === 'end' ? null : text.trimEnd().length;
}

export const lineOf = (text: string, offset: number): number => text.slice(0, offset).split('\n').length;
