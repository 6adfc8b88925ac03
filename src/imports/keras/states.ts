/** @file Recurrent layers of Keras that give their states, too: outputs 0, 1 and 2 are y, h and, of an LSTM, c. */
import { Unsupported } from '../model.ts';
import type { Value } from '../writer.ts';
import type { Context } from './context.ts';
import type { Call, KerasLayer, Reference } from './model.ts';

const STATES: ReadonlyMap<string, number> = new Map([
  ['LSTM', 2],
  ['CuDNNLSTM', 2],
  ['GRU', 1],
  ['CuDNNGRU', 1],
  ['SimpleRNN', 1],
]);

/** How many states it has. */
export const statesOf = (layer: Pick<KerasLayer, 'class'>): number => STATES.get(layer.class) ?? 0;

/** Its second state is taken: the layer here gives h, then c, at every time step that it gives. */
export const givesCell = ({ outputs }: KerasLayer): boolean => outputs?.has(2) === true;

/**
 * The inputs of a call. A recurrent layer takes those together that are all states of one layer in their order: they are one value
 * here. To every other layer, as Add()([h, c]), they are two.
 */
export function togetherTaken({ layer, inputs }: Pick<Call, 'layer' | 'inputs'>): Reference[][] {
  if (!STATES.has(layer.class)) return inputs.map((input) => [input]);
  const groups: Reference[][] = [];
  for (const input of inputs) {
    const before = groups.at(-1)?.at(-1);
    const follows =
      before?.layer === input.layer && before.node === input.node && before.index === 1 && input.index === 2;
    if (follows) groups.at(-1)?.push(input);
    else groups.push([input]);
  }
  return groups;
}

/** Of a model within the model that has several outputs. */
function ofSeveral(
  layer: KerasLayer,
  several: readonly Value[],
  indices: readonly number[],
  isShared: boolean,
  { writer }: Context,
): Value {
  if (isShared)
    throw new Unsupported(
      'it is called more than once, and gives several values',
      'a layer of its own for every call',
    );
  const taken = indices.map((at) => several[at]).filter((value) => value !== undefined);
  if (taken.length < indices.length) throw new Unsupported('an output of it is taken that it does not have');
  const [first] = taken as [Value];
  return taken.length === 1
    ? first
    : writer.add('concatenate', { axis: -1 }, taken, { name: `${layer.name}_states` });
}

/**
 * What others take of a layer: its output or states of the last time step.
 * @param whole what the layer here gives: y, or, where c is taken, h and c of every time step that it gives
 * @param references one output, or h and c
 * @param isShared whether it is called more than once: then it gives y alone
 * @throws Unsupported
 */
export function outputsOf(
  layer: KerasLayer,
  whole: Value,
  references: readonly Reference[],
  isShared: boolean,
  context: Context,
): Value {
  const { writer } = context;
  const indices = references.map(({ index }) => index);
  const [index = 0] = indices;
  const several = context.several.get(layer.name);
  if (several !== undefined) return ofSeveral(layer, several, indices, isShared, context);
  const isPlain = index === 0 && !givesCell(layer);
  if (isPlain) return whole;
  if (isShared && givesCell(layer))
    throw new Unsupported(
      'it is called more than once, and its second state is taken',
      'a layer of its own for every call',
    );
  if (Math.max(...indices) > statesOf(layer))
    throw new Unsupported(
      'a further output of it is taken',
      'its first output, or the states of a recurrent layer',
    );
  const { name } = layer;
  const last =
    index > 0 && whole.shape.length > 1
      ? writer.add(
          'reshape',
          { shape: whole.shape.slice(1) },
          [writer.add('slice', { start: -1 }, [whole], { name: `${name}_last` })],
          { name: `${name}_last_state` },
        )
      : whole;
  if (!givesCell(layer) || indices.length === 2) return last;
  const units = (whole.shape.at(-1) as number) / 2;
  const half = index === 2 ? { start: units } : { stop: units };
  return writer.add('slice', { axis: -1, ...half }, [last], { name: `${name}_${'yhc'[index]}` });
}
