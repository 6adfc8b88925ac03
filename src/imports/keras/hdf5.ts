/** @file Arrays and texts out of an HDF5 file, which is read in a memory of its own: it cannot reach other files. */
import type { Dataset, Group, File as Hdf5 } from 'h5wasm';
import type { NamedTensor } from '../../util/safetensors.ts';
import { ModelUnreadable } from '../model.ts';
import { sizeOf } from '../tensors.ts';

/** Of all arrays of a file together. */
const MAX_NUMBERS = 2 ** 28;

/** Classes of HDF5's types. */
const [INTEGER, FLOAT] = [0, 1];

/** Counts the faults of this thread: after one, the library's memory is not to be trusted, and it is loaded anew. */
let faults = 0;

/** What the library throws, of whatever kind: the file is broken. @throws ModelUnreadable */
function guarded<T>(read: () => T): T {
  try {
    return read();
  } catch (error) {
    if (error instanceof ModelUnreadable) throw error;
    if (error instanceof Error && error.name === 'RuntimeError') faults++;
    throw new ModelUnreadable('the HDF5 file is broken or cut off');
  }
}

async function loadLibrary(): Promise<typeof import('h5wasm')> {
  // Its WebAssembly is large, and few models need it.
  return faults === 0 ? import('h5wasm') : import(`${import.meta.resolve('h5wasm')}?${faults}`);
}

export class Hdf5File {
  readonly #file: Hdf5;
  #numbers = 0;

  constructor(file: Hdf5) {
    this.#file = file;
  }

  #entity(path: string): Group | Dataset | null {
    const entity = this.#file.get(path);
    return entity === null || !('type' in entity) ? null : (entity as Group | Dataset);
  }

  /** Names within a group; null where there is no such group. */
  keys(path: string): string[] | null {
    return guarded(() => {
      const entity = this.#entity(path);
      return entity !== null && entity.type === 'Group' ? (entity as Group).keys() : null;
    });
  }

  /** Null where there is no such array of weights. */
  tensor(path: string): NamedTensor | null {
    return guarded(() => this.#tensor(path));
  }

  #tensor(path: string): NamedTensor | null {
    const entity = this.#entity(path);
    if (entity === null || entity.type !== 'Dataset') return null;
    const { shape, metadata } = entity as Dataset;
    // Counters and states of random numbers, such as the count of Normalization.
    if (metadata.type === INTEGER && metadata.size >= 4) return null;
    const size = sizeOf(shape ?? []);
    this.#numbers += size;
    if (this.#numbers > MAX_NUMBERS)
      throw new ModelUnreadable(`the file has more than ${MAX_NUMBERS} weights`);
    if (metadata.type !== FLOAT) throw new ModelUnreadable(`${path} is no array of floating-point numbers`);
    const value = (entity as Dataset).value as ArrayLike<number>;
    return {
      shape: [...(shape ?? [])],
      data: Float32Array.from(typeof value === 'number' ? [value] : value),
    };
  }

  /** A text that is an attribute; null where there is none. */
  text(path: string, name: string): string | null {
    const value = guarded(() => this.#attribute(path, name));
    return typeof value === 'string' ? value : null;
  }

  /** Several of them. */
  texts(path: string, name: string): string[] | null {
    const value = guarded(() => this.#attribute(path, name));
    return Array.isArray(value) && value.every((item) => typeof item === 'string')
      ? (value as string[])
      : null;
  }

  #attribute(path: string, name: string): unknown {
    const entity = path === '' ? this.#file : this.#entity(path);
    if (entity === null || !Object.hasOwn(entity.attrs, name)) return null;
    return entity.attrs[name]?.value ?? null;
  }
}

/** @throws ModelUnreadable */
export async function withHdf5<T>(bytes: Uint8Array, use: (file: Hdf5File) => T): Promise<T> {
  const { ready, File: Open } = await loadLibrary();
  const { FS, activate_throwing_error_handler: throwErrors } = await ready;
  // By itself it writes them to stderr, beside the log.
  throwErrors();
  const name = 'model.h5';
  FS.writeFile(name, bytes);
  try {
    const file = guarded(() => new Open(name, 'r'));
    try {
      return use(new Hdf5File(file));
    } finally {
      guarded(() => file.close());
    }
  } finally {
    FS.unlink(name);
  }
}
