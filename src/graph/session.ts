/** @file Runs a graph on ONNX Runtime, one thread, into buffers that are allocated once. The only importer of the runtime. */
import '../util/no_telemetry.ts';
import { createHash } from 'node:crypto';
import { InferenceSession, Tensor } from 'onnxruntime-node';
import { assert, present } from '../util/assert.ts';
import { agree, blockTrial } from './block_trial.ts';
import { encodeReordering, REORDERED_CHANNELS } from './blocked_convolution.ts';
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

/** An output that the runtime computes and cannot hand back, and what it says then: a test holds it to both. */
const LIST = 'never handed back';
const REFUSAL = 'Non tensor type is temporarily not supported.';

/** What is handed back before it is dearer than a refusal: 17 µs to throw, 2.5 µs an output, 0.1 µs a kilobyte. */
const MOST_HANDED_BACK = 6;
const MOST_BYTES_HANDED_BACK = 2 ** 17;

type Fetched = Readonly<Record<string, Tensor | null>>;

/**
 * The runtime writes into the tensors that it is given, and then copies each into new memory, to hand that back: a megabyte
 * takes longer than many a step, and the collector has to free it. Asked for a list before the tensors, it refuses when
 * all is computed and nothing is copied.
 */
function withRefusal(tensors: Readonly<Record<string, Tensor>>): Fetched {
  const all = Object.values(tensors);
  const bytes = all.reduce((sum, { size }) => sum + size * Float32Array.BYTES_PER_ELEMENT, 0);
  const few = all.length <= MOST_HANDED_BACK && bytes <= MOST_BYTES_HANDED_BACK;
  return few ? tensors : { [LIST]: null, ...tensors };
}

/**
 * V8 counts the bytes behind what is handed back as its own and would mark the whole heap, in a thread beside the training,
 * for every 50 MB of them; a buffer that is detached counts nothing.
 */
function discard(results: InferenceSession.ReturnType): void {
  for (const tensor of Object.values(results)) (tensor.data as Float32Array<ArrayBuffer>).buffer.transfer(0);
}

/** Computes into the tensors of `fetched`. */
async function runInto(
  session: InferenceSession,
  feeds: Record<string, Tensor>,
  fetched: Fetched,
): Promise<void> {
  try {
    discard(await session.run(feeds, fetched));
  } catch (error) {
    if (!(error instanceof Error) || error.message !== REFUSAL) throw error;
  }
}

/** What the runtime keeps of a compiled graph beside its tensors. Measured in whole trainings of 200 to 1000 layers: 9 to 22 KB a node. */
const BYTES_PER_NODE = 12 * 2 ** 10;

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

const OPTIONS: InferenceSession.SessionOptions = {
  executionProviders: ['cpu'],
  intraOpNumThreads: 1,
  interOpNumThreads: 1,
  executionMode: 'sequential',
  graphOptimizationLevel: 'all',
  // It lets the fused sum overwrite a tensor that is an output of the graph.
  extra: { optimization: { disable_specified_optimizers: 'ConvAddActivationFusion' } },
  // 3 = errors: warnings would reach stderr as loose text beside the JSON log.
  logSeverityLevel: 3,
};

async function runModel(
  model: Uint8Array,
  feeds: Record<string, Tensor>,
): Promise<InferenceSession.ReturnType> {
  const session = await InferenceSession.create(model, OPTIONS);
  try {
    return await session.run(feeds);
  } finally {
    await session.release();
  }
}

/** Whether convolutions in blocks compute here what those of ONNX do. */
async function isBlockRight(block: number): Promise<boolean> {
  const { graph, feeds } = blockTrial(block);
  const tensors = Object.fromEntries(
    [...feeds].map(([name, { shape, values }]) => [name, new Tensor('float32', values, shape)]),
  );
  const [own, known] = await Promise.all(
    [block, 0].map((size) =>
      runModel(encodeOnnx(graph, undefined, { inputs: [], outputs: [], block: size }), tensors),
    ),
  );
  const valuesOf = (all: InferenceSession.ReturnType | undefined, name: string) =>
    present(all?.[name], name).data as Float32Array;
  return graph.outputs.every(({ name }) => agree(valuesOf(own, name), valuesOf(known, name)));
}

/**
 * Channels that lie together in the runtime's own convolutions, as many as this processor has vectors for; 0 where it has none, or
 * they compute something else. Asked of the runtime once in each thread that convolves.
 */
async function measureBlock(): Promise<number> {
  try {
    const x = new Tensor('float32', new Float32Array(REORDERED_CHANNELS), [1, REORDERED_CHANNELS, 1, 1]);
    const { y } = await runModel(encodeReordering(), { x });
    const block = present(y).dims[1] as number;
    return (await isBlockRight(block)) ? block : 0;
  } catch {
    return 0;
  }
}

let measured: Promise<number> | undefined;

function blockFor({ nodes }: Graph): Promise<number> | number {
  if (nodes.every(({ operator }) => operator !== 'Conv')) return 0;
  measured ??= measureBlock();
  return measured;
}

/** Equal bytes are equal graphs, constants included. */
async function compile(graph: Graph, packs: Packs): Promise<Loan<InferenceSession>> {
  const model = encodeOnnx(graph, undefined, { ...packs, block: await blockFor(graph) });
  const key = createHash('sha256').update(model).digest('base64');
  return compiledGraphs.borrow(key, bytesOf(graph) + BYTES_PER_NODE * graph.nodes.length, () =>
    InferenceSession.create(model, OPTIONS),
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
  tensors(names: Iterable<string>): Record<string, Tensor> {
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
    list: LIST,
  };
  const { value: session, giveBack } = await compile(graph, packs);
  const bufferOf: BufferOf = (name, length) => shared.get(name) ?? allocate(length);
  const inputs = new Side(graph.inputs, packs.inputs, bufferOf);
  const outputs = new Side(graph.outputs, packs.outputs, bufferOf);
  // The runtime does not know inputs that nothing reads.
  const known = new Set(session.inputNames);
  const feeds = Object.fromEntries(
    Object.entries(inputs.tensors(graph.inputs.map(({ name }) => name))).filter(([name]) => known.has(name)),
  );
  const everything: ReadonlySet<string> = new Set(graph.outputs.map(({ name }) => name));
  const selections = new WeakMap<ReadonlySet<string>, Fetched>();
  let current = everything;
  return {
    input: (name) => inputs.data(name),
    output: (name) => {
      assert(current.has(name) || !everything.has(name), `${name} was not fetched`);
      return outputs.data(name);
    },
    run: async (fetched = everything) => {
      current = fetched;
      const selected = selections.get(fetched) ?? withRefusal(outputs.tensors(fetched));
      selections.set(fetched, selected);
      await runInto(session, feeds, selected);
    },
    release: giveBack,
  };
}
