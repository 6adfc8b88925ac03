/** @file Runs a graph on ONNX Runtime, one thread, into buffers that are allocated once. The only importer of the runtime. */
import '../util/no_telemetry.ts';
import { createHash } from 'node:crypto';
import { InferenceSession, Tensor } from 'onnxruntime-node';
import { assert, present } from '../util/assert.ts';
import { bytesOf } from './cost.ts';
import type { Graph } from './graph.ts';
import { Lending, type Loan } from './lending.ts';
import { encodeOnnx, type Packs } from './onnx.ts';
import { sizeOf } from './operators.ts';
import { type Pack, packNeighbours } from './packing.ts';

export interface Session {
  /** The buffer behind an input: write into it before a run. Float32, row-major. */
  input(name: string): Float32Array;
  /** The buffer behind an output: valid after a run that fetched it, overwritten by the next. */
  output(name: string): Float32Array;
  /**
   * Computes every output.
   * @param fetched outputs that are written into their buffers, all by default; each costs some microseconds
   */
  run(fetched?: ReadonlySet<string>): Promise<void>;
  /** Gives the compiled graph back, once; the buffers stay readable. */
  release(): Promise<void>;
}

/**
 * What a run hands back are views of buffers that are known already. V8 counts the bytes behind each as its own and would
 * mark the whole heap, in a thread beside the training, for every 50 MB of them; a view that is detached counts nothing.
 */
function discard(results: InferenceSession.ReturnType): void {
  for (const tensor of Object.values(results)) (tensor.data as Float32Array<ArrayBuffer>).buffer.transfer(0);
}

/**
 * Compiled graphs of this thread. They hold no weights: all numbers of a run are in the buffers of who runs it, and runs
 * follow each other. A study trains the same graph with many seeds, optimizers and learning rates, and compiling takes as
 * long as five steps of it.
 */
const compiledGraphs = new Lending<InferenceSession>({
  maxIdle: 48,
  maxIdleCost: 128 * 2 ** 20,
  destroy: (session) => session.release(),
});

/** Sessions of this thread that are open. */
export const sessionsInUse = (): number => compiledGraphs.inUse;

/** Equal bytes are equal graphs, constants included. */
function compile(graph: Graph, packs: Packs): Promise<Loan<InferenceSession>> {
  const model = encodeOnnx(graph, undefined, packs);
  const key = createHash('sha256').update(model).digest('base64');
  return compiledGraphs.borrow(key, bytesOf(graph), () =>
    InferenceSession.create(model, {
      executionProviders: ['cpu'],
      intraOpNumThreads: 1,
      interOpNumThreads: 1,
      executionMode: 'sequential',
      graphOptimizationLevel: 'all',
      // It lets the fused sum overwrite a tensor that is an output of the graph.
      extra: { optimization: { disable_specified_optimizers: 'ConvAddActivationFusion' } },
      // 3 = errors: warnings would reach stderr as loose text beside the JSON log.
      logSeverityLevel: 3,
    }),
  );
}

/** Buffers of the inputs, or of the outputs, and the tensors that hand them over: some alone, some packed. */
class Side {
  readonly #data: ReadonlyMap<string, Float32Array>;
  readonly #tensorOf = new Map<string, readonly [handed: string, tensor: Tensor]>();

  constructor(side: Graph['inputs'], packs: readonly Pack[], bufferOf: BufferOf) {
    this.#data = new Map(side.map(({ name, tensor }) => [name, bufferOf(name, sizeOf(tensor.shape))]));
    for (const { name: packed, members, data } of packs) {
      const handed = [packed, new Tensor('float32', data, [data.length])] as const;
      for (const { name } of members) this.#tensorOf.set(name, handed);
    }
    for (const { name, tensor } of side) {
      if (this.#tensorOf.has(name)) continue;
      this.#tensorOf.set(name, [name, new Tensor('float32', this.data(name), [...tensor.shape])]);
    }
  }

  data(name: string): Float32Array {
    return present(this.#data.get(name), name);
  }

  /** By the names that the runtime knows. */
  tensors(names: Iterable<string> = this.#data.keys()): Record<string, Tensor> {
    return Object.fromEntries([...names].map((name) => present(this.#tensorOf.get(name), name)));
  }
}

type BufferOf = (name: string, length: number) => Float32Array;

/**
 * Compiles the graph, unless this thread has an equal one. Every run computes every output, so what is read from a run
 * cannot change its result.
 * @param shared buffers to use for inputs and outputs of that name (weights, gradients) instead of new ones; they may
 * be views into a larger array
 * @param allocate makes the buffers of all others
 */
export async function createSession(
  graph: Graph,
  shared: ReadonlyMap<string, Float32Array> = new Map(),
  allocate: (length: number) => Float32Array = (length) => new Float32Array(length),
): Promise<Session> {
  const packs = {
    inputs: packNeighbours(graph.inputs, shared),
    outputs: packNeighbours(graph.outputs, shared),
  };
  const { value: session, giveBack } = await compile(graph, packs);
  const bufferOf: BufferOf = (name, length) => shared.get(name) ?? allocate(length);
  const inputs = new Side(graph.inputs, packs.inputs, bufferOf);
  const outputs = new Side(graph.outputs, packs.outputs, bufferOf);
  // The runtime does not know inputs that nothing reads.
  const known = new Set(session.inputNames);
  const feeds = Object.fromEntries(Object.entries(inputs.tensors()).filter(([name]) => known.has(name)));
  const all = outputs.tensors();
  const everything: ReadonlySet<string> = new Set(graph.outputs.map(({ name }) => name));
  const selections = new WeakMap([[everything, all]]);
  let current = everything;
  return {
    input: (name) => inputs.data(name),
    output: (name) => {
      assert(current.has(name) || !everything.has(name), `${name} was not fetched`);
      return outputs.data(name);
    },
    run: async (fetched = everything) => {
      current = fetched;
      const selected = selections.get(fetched) ?? outputs.tensors(fetched);
      selections.set(fetched, selected);
      discard(await session.run(feeds, selected));
    },
    release: giveBack,
  };
}
