/** @file Runs a graph on ONNX Runtime, one thread, into buffers that are allocated once. The only importer of the runtime. */
import { InferenceSession, Tensor } from 'onnxruntime-node';
import { present } from '../util/assert.ts';
import type { Graph } from './graph.ts';
import { encodeOnnx } from './onnx.ts';
import { sizeOf } from './operators.ts';

export interface Session {
  /** The buffer behind an input: write into it before a run. Float32, row-major. */
  input(name: string): Float32Array;
  /** The buffer behind an output: valid after a run, overwritten by the next. */
  output(name: string): Float32Array;
  run(): Promise<void>;
  /** Frees the runtime's memory; the buffers stay readable. */
  release(): Promise<void>;
}

/**
 * Compiles the graph. Every run computes every output, so what is read from a run cannot change its result.
 * @param shared buffers to use for inputs and outputs of that name (weights, gradients) instead of new ones; they may
 * be views into a larger array
 * @param allocate makes the buffers of all others
 */
export async function createSession(
  graph: Graph,
  shared: ReadonlyMap<string, Float32Array> = new Map(),
  allocate: (length: number) => Float32Array = (length) => new Float32Array(length),
): Promise<Session> {
  const session = await InferenceSession.create(encodeOnnx(graph), {
    executionProviders: ['cpu'],
    intraOpNumThreads: 1,
    interOpNumThreads: 1,
    executionMode: 'sequential',
    graphOptimizationLevel: 'all',
    // 3 = errors: warnings would reach stderr as loose text beside the JSON log.
    logSeverityLevel: 3,
  });
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
  const fetches = tensors(graph.outputs);
  const dataOf = (side: Record<string, Tensor>, name: string) =>
    present(side[name], name).data as Float32Array;
  return {
    input: (name) => dataOf(inputs, name),
    output: (name) => dataOf(fetches, name),
    run: async () => {
      await session.run(feeds, fetches);
    },
    release: () => session.release(),
  };
}
