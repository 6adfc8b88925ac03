/** @file Runs a graph on ONNX Runtime, one thread, into buffers that are allocated once. The only importer of the runtime. */
import '../util/no_telemetry.ts';
import { createHash } from 'node:crypto';
import { InferenceSession, Tensor } from 'onnxruntime-node';
import { assert, present } from '../util/assert.ts';
import { bytesOf } from './cost.ts';
import type { Graph } from './graph.ts';
import { Lending, type Loan } from './lending.ts';
import { encodeOnnx } from './onnx.ts';
import { sizeOf } from './operators.ts';

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
function compile(graph: Graph): Promise<Loan<InferenceSession>> {
  const model = encodeOnnx(graph);
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
  const { value: session, giveBack } = await compile(graph);
  const known = new Set(session.inputNames);
  const tensors = (side: Graph['inputs']) =>
    Object.fromEntries(
      side.map(({ name, tensor }) => {
        const data = shared.get(name) ?? allocate(sizeOf(tensor.shape));
        return [name, new Tensor('float32', data, [...tensor.shape])];
      }),
    );
  const inputs = tensors(graph.inputs);
  const feeds = Object.fromEntries(Object.entries(inputs).filter(([name]) => known.has(name)));
  const outputs = tensors(graph.outputs);
  const selections = new WeakMap<ReadonlySet<string>, Record<string, Tensor>>();
  const select = (fetched: ReadonlySet<string>) => {
    const known = selections.get(fetched);
    if (known !== undefined) return known;
    const made = Object.fromEntries([...fetched].map((name) => [name, present(outputs[name], name)]));
    selections.set(fetched, made);
    return made;
  };
  let current: Readonly<Record<string, Tensor>> = outputs;
  const dataOf = (side: Record<string, Tensor>, name: string) =>
    present(side[name], name).data as Float32Array;
  return {
    input: (name) => dataOf(inputs, name),
    output: (name) => {
      assert(current[name] !== undefined || outputs[name] === undefined, `${name} was not fetched`);
      return dataOf(outputs, name);
    },
    run: async (fetched) => {
      current = fetched === undefined ? outputs : select(fetched);
      discard(await session.run(feeds, current));
    },
    release: giveBack,
  };
}
