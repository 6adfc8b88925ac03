/** @file Which time steps of a split the loss counts: those that the mask of the network's output leaves. */
import { gatherInputs, type InputLayout, type Split } from '../data/index.ts';
import { GraphBuilder } from '../graph/index.ts';
import { buildNetwork } from '../network/index.ts';
import { type Checkpoint, createAskingSession } from './cancel.ts';
import { type CompileOptions, graphInputs, names } from './compile.ts';
import type { Model } from './model.ts';

const CHUNK = 256;

/**
 * At the weights as they are now: a mask of tokens or inputs does not depend on them.
 * @returns [samples, time], 1 where a time step counts, else 0; null where all of them count
 */
export async function lossMask(
  options: CompileOptions,
  model: Model,
  split: Split,
  inputs: readonly InputLayout[],
  checkpoint: Checkpoint,
): Promise<Float32Array | null> {
  const g = new GraphBuilder();
  const batchSize = Math.min(CHUNK, split.count);
  const { mask } = buildNetwork(g, options.layers, graphInputs(g, { ...options, batchSize }), 'inference');
  if (mask === null) return null;
  g.output(names.mask, mask);
  const session = await createAskingSession(checkpoint, g.finish(), model.buffers);
  try {
    const time = mask.shape[1] as number;
    const all = new Float32Array(split.count * time);
    for (let start = 0; start < split.count; start += batchSize) {
      // The last chunk begins early enough to be whole.
      const first = Math.min(start, split.count - batchSize);
      const indices = Int32Array.from({ length: batchSize }, (_, i) => first + i);
      gatherInputs(split.inputs, inputs, indices, (name) => session.input(names.input(name)));
      await session.run();
      all.set(session.output(names.mask), first * time);
    }
    return all;
  } finally {
    await session.release();
  }
}
