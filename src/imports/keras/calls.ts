/** @file What a Keras model says of its inputs, and of layers that it calls several times. */
import { GIVE_SIZE, Unsupported } from '../model.ts';
import type { Call, KerasLayer, KerasModel, Reference } from './model.ts';

export const keyOf = ({ layer, node }: Pick<Reference, 'layer' | 'node'>): string => `${node} ${layer}`;

/** The calls of layers that are called more than once, those that the outputs need or not. */
export function sharedCalls({ calls }: KerasModel): Map<string, Call[]> {
  const all = new Map<string, Call[]>();
  for (const call of calls) all.set(call.layer.name, [...(all.get(call.layer.name) ?? []), call]);
  return new Map([...all].filter(([, own]) => own.length > 1));
}

/** Which outputs of each call are taken, by `keyOf`. */
export function takenOutputs({ calls, outputs }: KerasModel): Map<string, Set<number>> {
  const taken = new Map<string, Set<number>>();
  for (const reference of [...outputs, ...calls.flatMap(({ inputs }) => inputs)]) {
    const key = keyOf(reference);
    taken.set(key, (taken.get(key) ?? new Set<number>()).add(reference.index));
  }
  return taken;
}

/** The layer's shape without the batch. @param openSize of axes whose size is left open @throws Unsupported where a size is not fixed */
export function inputShape(layer: KerasLayer, openSize: number | null): number[] {
  const key = ['batch_shape', 'batch_input_shape', 'shape', 'input_shape'].find((name) =>
    layer.options.has(name),
  );
  if (key === undefined)
    throw new Unsupported(
      'the file does not say what shape the input has',
      'begin with Input(shape=(…)), or call the model once, before it is saved',
    );
  const whole = layer.options.shape(key);
  const shape = (key.startsWith('batch') ? whole.slice(1) : whole).map((size) => size ?? openSize);
  if (shape.some((size) => size === null || size < 1))
    throw new Unsupported(
      `the input [${shape.map((size) => size ?? 'any').join(', ')}] has no fixed size`,
      `${GIVE_SIZE}, or a fixed one in the model, such as Input(shape=(100, 3))`,
    );
  return shape as number[];
}

/** The first layer that says how the channels of images stand; Keras' default is last. */
export function imagesAreLast(model: KerasModel): boolean {
  const told = model.calls.find(
    ({ layer }) => layer.config.data_format !== undefined && layer.config.data_format !== null,
  );
  return told?.layer.config.data_format !== 'channels_first';
}
