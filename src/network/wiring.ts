/** @file Which layers and inputs the layers of one list can name, and what is wrong with what they name. */
import { pointerOf } from '../util/json.ts';
import { nearest } from '../util/nearest.ts';
import type { LayerConfig } from './layers/index.ts';
import type { Layer } from './layers/layer.ts';

/** Where an input of a layer comes from: another layer's output, or an input of the list that it stands in. */
export type Source = { readonly layer: string } | { readonly input: string };

export const sourceName = (source: Source): string => ('layer' in source ? source.layer : source.input);

/** Different for a layer and an input of the same name. */
export const sourceKey = (source: Source): string =>
  'layer' in source ? `layer ${source.layer}` : `input ${source.input}`;

export interface WiringProblem {
  /** JSON Pointer into the request. */
  readonly pointer: string;
  readonly message: string;
  readonly fix: string;
}

/** So many names are told where one is not known. */
const MAX_TOLD = 20;

const listOf = (names: readonly string[]): string =>
  `[${names
    .slice(0, MAX_TOLD)
    .map((name) => `"${name}"`)
    .join(', ')}${names.length > MAX_TOLD ? ', …' : ''}]`;

function arityProblem(
  { type, arity = [1, 1] }: Layer,
  given: number,
): Pick<WiringProblem, 'message' | 'fix'> | null {
  const [least, most] = arity;
  if (given >= least && given <= most) return null;
  if (most === 1)
    return {
      message: `${type} takes one input, not ${given}`,
      fix: 'put a layer before it that merges them: { "type": "concatenate", "inputs": […] }, or "add"',
    };
  const wanted = given < least ? `at least ${least}` : `at most ${most}`;
  return {
    message: `${type} takes ${wanted} inputs, not ${given}`,
    fix: `give it "inputs": the names of ${wanted} layers above it`,
  };
}

/** The names that can be used in one list of the request, as far as it has been read. */
export class Wiring {
  readonly problems: WiringProblem[] = [];
  readonly #known = new Map<string, Source[]>();
  readonly #inputs: readonly Source[];
  readonly #missing: {
    readonly name: string;
    readonly path: readonly PropertyKey[];
    /** How many names stood above. */
    readonly above: number;
  }[] = [];
  #last: Source | null = null;

  /** @param inputs of the list, by the names that they have in it */
  constructor(inputs: ReadonlyMap<string, Source>) {
    for (const [name, source] of inputs) this.#known.set(name, [source]);
    this.#inputs = [...inputs.values()];
  }

  /** What the layer that comes next takes where it says nothing: the output of the layer before it. */
  get last(): Source | null {
    return this.#last ?? (this.#inputs.length === 1 ? (this.#inputs[0] as Source) : null);
  }

  /** A further name for something that is there. */
  name(name: string, source: Source): void {
    const others = this.#known.get(name) ?? [];
    if (!others.some((other) => sourceKey(other) === sourceKey(source)))
      this.#known.set(name, [...others, source]);
  }

  /** The list goes on from here. */
  follow(source: Source): void {
    this.#last = source;
  }

  #resolve(name: string, path: readonly PropertyKey[]): Source | null {
    const [found, other] = this.#known.get(name) ?? [];
    if (found === undefined) this.#missing.push({ name, path, above: this.#known.size });
    else if (other !== undefined)
      this.problems.push({
        pointer: pointerOf(path),
        message: `"${name}" is the name of two things here`,
        fix: 'rename one of them',
      });
    return found ?? null;
  }

  /** The layer above that is named; null where there is none, which becomes a problem. */
  layerNamed(name: string, path: readonly PropertyKey[]): string | null {
    const source = this.#resolve(name, path);
    if (source === null || 'layer' in source) return source?.layer ?? null;
    this.problems.push({
      pointer: pointerOf(path),
      message: `"${name}" is an input, which has no weights`,
      fix: 'name a layer above it',
    });
    return null;
  }

  /** The sources of a layer, those that are known; what is wrong with them becomes a problem. */
  sourcesOf(config: LayerConfig, path: readonly PropertyKey[], part: Layer): Source[] {
    const given = config.inputs;
    if (given === undefined && this.last === null) {
      this.problems.push({
        pointer: pointerOf(path),
        message: 'the network has several inputs, and its first layer does not say which of them it takes',
        fix: `add "inputs": ${listOf([...this.#known.keys()])}, or one of them`,
      });
      return [];
    }
    const wrong = arityProblem(part, given?.length ?? 1);
    const at = given === undefined ? path : [...path, 'inputs'];
    if (wrong !== null) this.problems.push({ pointer: pointerOf(at), ...wrong });
    if (given === undefined) return [this.last as Source];
    return given.flatMap((name, i) => this.#resolve(name, [...path, 'inputs', i]) ?? []);
  }

  /** After the last layer: names that were not known when they were used stand further down, or nowhere. */
  finish(): WiringProblem[] {
    const known = [...this.#known.keys()];
    const missing = this.#missing.map(({ name, path, above }) => {
      const pointer = pointerOf(path);
      if (this.#known.has(name))
        return {
          pointer,
          message: `"${name}" does not stand above this layer`,
          fix: 'name a layer above it, or move the named layer up',
        };
      const usable = known.slice(0, above);
      const guess = nearest(name, usable);
      return {
        pointer,
        message: `nothing here is named "${name}"`,
        fix: guess === null ? `names above this layer: ${listOf(usable)}` : `did you mean "${guess}"?`,
      };
    });
    return [...this.problems, ...missing];
  }
}
