/** @file Which layers of an imported model have the weights of another one: those that are called again, and equal numbers of a file. */
import type { NamedTensor } from '../util/safetensors.ts';
import { Unsupported } from './model.ts';

type Weights = Readonly<Record<string, NamedTensor>>;

/** A layer as it is about to be written. */
export interface Candidate {
  readonly type: string;
  readonly options: Readonly<Record<string, unknown>>;
  /** Of its parameters and running averages, by their names within the layer. */
  readonly shapes: ReadonlyMap<string, readonly number[]>;
  readonly weights: Weights | null;
  /** Where the layer comes from in the file. */
  readonly origin: string;
}

interface Written extends Candidate {
  /** In the network. */
  readonly name: string;
}

/** Layers of one call, in their order; `at` counts those of a further call. */
interface Call {
  readonly names: string[];
  at: number | null;
}

/** What a layer is, but for the names of the layers inside. */
const formOf = ({ type, options, shapes }: Candidate): string => {
  const { layers: _inside, ...own } = options;
  return JSON.stringify([type, own, [...shapes.values()]]);
};

const isSame = (a: NamedTensor, b: NamedTensor): boolean =>
  a.data.length === b.data.length && a.data.every((value, i) => value === b.data[i]);

/** Numbers that are all the same, as norms and biases begin with, are equal by chance. */
const isPlain = ({ data }: NamedTensor): boolean => data.every((value) => value === data[0]);

function areSame(a: Weights, b: Weights): boolean {
  const names = Object.keys(a);
  return (
    names.length === Object.keys(b).length &&
    names.some((name) => !isPlain(a[name] as NamedTensor)) &&
    names.every((name) => b[name] !== undefined && isSame(a[name] as NamedTensor, b[name]))
  );
}

/** [rows, columns] and its transpose. */
function isTurned({ shape: [rows = 0, columns = 0], data }: NamedTensor, other: NamedTensor): boolean {
  return (
    other.shape.length === 2 &&
    other.shape[0] === columns &&
    other.shape[1] === rows &&
    other.data.every((value, i) => value === data[(i % rows) * columns + Math.floor(i / rows)])
  );
}

/** Where PyTorch names nodes after modules, the modules that this one stands in: `/encoder/fc/Gemm`. */
const modulesOf = (origin: string): string[] => origin.split('/').slice(0, -1);

/**
 * Whether a node is a further call of what the first one calls, as far as their names tell: of `/encoder/fc/Gemm` PyTorch writes
 * `/encoder/fc_1/Gemm` or `/encoder/fc/Gemm_1`. Modules of their own that begin with equal weights, as the layers of
 * `nn.TransformerEncoder` do, are one tensor in the file, too.
 */
function isFurtherCall(first: string, further: string): boolean {
  const [own, other] = [modulesOf(first), modulesOf(further)];
  return (
    own.length === other.length &&
    own.every((name, i) => other[i] === name || other[i]?.replace(/_\d+$/, '') === name)
  );
}

export class Sharing {
  /** Whether equal numbers are the same weights, as in files whose nodes name their tensors. */
  readonly #byNumbers: boolean;
  readonly #written = new Map<string, Written[]>();
  readonly #byName = new Map<string, Written>();
  readonly #calls = new Map<string, Call>();
  /** Calls within calls, the outermost first. */
  readonly #open: Call[] = [];

  /** Where the layers come from that have weights of their own. */
  readonly origins = new Set<string>();

  constructor(byNumbers: boolean) {
    this.#byNumbers = byNumbers;
  }

  /** What `write` adds has, at each call with this key, the weights of the first. */
  once<T>(key: string, write: () => T): T {
    const known = this.#calls.get(key);
    const call: Call = known === undefined ? { names: [], at: null } : { names: known.names, at: 0 };
    if (known === undefined) this.#calls.set(key, call);
    this.#open.push(call);
    try {
      return write();
    } finally {
      this.#open.pop();
    }
  }

  /** The layer whose weights it has; null where it has its own. */
  of(candidate: Candidate): string | null {
    if (candidate.shapes.size === 0) return null;
    const found = this.#open.filter(({ at }) => at !== null).map((call) => this.#next(call, candidate));
    return found[0] ?? (this.#byNumbers ? this.#equal(candidate) : null);
  }

  #next(call: Call, candidate: Candidate): string {
    const name = call.names[call.at ?? 0];
    call.at = (call.at ?? 0) + 1;
    const first = this.#byName.get(name ?? '');
    if (first === undefined || formOf(first) !== formOf(candidate))
      throw new Unsupported(
        'it is called more than once, on inputs for which it is another layer',
        'a layer of its own for every call',
      );
    return first.name;
  }

  #equal(candidate: Candidate): string | null {
    const { weights, origin } = candidate;
    if (weights === null) return null;
    const found = (this.#written.get(formOf(candidate)) ?? []).find(
      (other) => isFurtherCall(other.origin, origin) && areSame(other.weights ?? {}, weights),
    );
    return found?.name ?? null;
  }

  /** The embedding whose table, transposed, is the kernel. */
  tableOf({ type, weights }: Candidate): string | null {
    const kernel = weights?.kernel;
    if (!this.#byNumbers || type !== 'dense' || kernel === undefined || isPlain(kernel)) return null;
    const found = [...this.#byName.values()].find(
      (other) => other.type === 'embedding' && isTurned(kernel, other.weights?.table ?? kernel),
    );
    return found?.name ?? null;
  }

  /**
   * @param name that it got
   * @param shared whether the weights are another layer's
   */
  note(candidate: Candidate, name: string, shared: boolean): void {
    if (candidate.shapes.size === 0) return;
    if (!shared) this.origins.add(candidate.origin);
    for (const call of this.#open) if (call.at === null) call.names.push(name);
    const written = { ...candidate, name };
    this.#byName.set(name, written);
    const form = formOf(candidate);
    this.#written.set(form, [...(this.#written.get(form) ?? []), written]);
  }
}
