/** @file Builds placed layers into a graph: the forward pass, with its parameters, running averages and noise. */
import { calculus as c, type GraphBuilder, sizeOf, type Tensor } from '../graph/index.ts';
import { present } from '../util/assert.ts';
import { type ActivationConfig, resolveActivation } from './activation_config.ts';
import type { Activation } from './activations/activation.ts';
import type { InitializerConfig } from './initializers/index.ts';
import type { LayerType } from './layers/index.ts';
import {
  alongFeatures,
  checkRank,
  featureAxis,
  features,
  type LayerContext,
  type Mask,
  type Masked,
  type Mode,
  type ParameterOptions,
} from './layers/layer.ts';
import { BODY_INPUT, type PlacedLayer } from './placement.ts';
import { sourceKey } from './wiring.ts';

export interface Parameter {
  /** `<layer>/<tensor>` */
  readonly name: string;
  readonly layer: string;
  /** Name within the layer: kernel, bias, gamma, … */
  readonly tensor: string;
  readonly shape: readonly number[];
  readonly fanIn: number;
  readonly fanOut: number;
  readonly initializer: InitializerConfig;
  /** Elements from here to there (exclusive) start at 1, whatever the initializer. */
  readonly ones?: readonly [from: number, to: number];
  readonly value: Tensor;
}

/** A running average: read by inference, fed by training with a batch's value. */
export interface Running {
  readonly name: string;
  readonly shape: readonly number[];
  readonly initial: number;
  readonly value: Tensor;
  readonly update: { readonly batch: Tensor; readonly momentum: number } | null;
}

export interface Noise {
  readonly name: string;
  readonly distribution: 'uniform' | 'normal';
  readonly shape: readonly number[];
}

/** Zeros that are added to the states of a recurrent layer; their gradient is that of the states. */
export interface WatchedStates {
  readonly layer: string;
  /** [time, batch, features] */
  readonly value: Tensor;
}

export interface BuiltLayer {
  readonly name: string;
  readonly type: LayerType;
  readonly pointer: string;
  /** Without the batch. */
  readonly output_shape: readonly number[];
  /** Number of trained numbers. */
  readonly parameters: number;
  /** Its own activation, if it has one that is not linear. */
  readonly activation: Activation | null;
  /** After the layer's own activation. */
  readonly output: Tensor;
  /** [batch, time] of the output, 1 where a time step counts; null where all of them count. */
  readonly mask: Mask;
  /** For each input, whether it has a mask. */
  readonly masked_inputs: readonly boolean[];
  /** Of its output for each sample: 1, inside `time_distributed` the number of time steps. */
  readonly rows: number;
  readonly input_shape: readonly number[];
  /** The shapes of all inputs, without the batch. */
  readonly input_shapes: readonly (readonly number[])[];
  /**
   * Names of the layers and inputs of the network that its own inputs come from; of a layer that holds others also of the
   * last of those.
   */
  readonly inputs: readonly string[];
  /** The layer whose parameters it has: itself, unless it is that layer once more. */
  readonly weights: string;
  /** The layer of which it uses a parameter in another way; null where it has all of its own. */
  readonly borrows: string | null;
  /** What its activation (linear too) is applied to; null where there is none, or one inside a loop. */
  readonly preactivation: Tensor | null;
}

/** A second prediction, as the first one is. */
export interface Judged {
  readonly output: Tensor;
  readonly weight: number;
}

/** A mask that ends at a layer which does not obey it: padding counts as data from there on. */
export interface LostMask {
  readonly layer: string;
  readonly why: string;
}

export interface BuiltNetwork {
  readonly output: Tensor;
  /** Of the output: over which of its time steps the loss is taken. */
  readonly mask: Mask;
  readonly lost_masks: readonly LostMask[];
  /** In order of appearance, composites before what they hold. */
  readonly layers: readonly BuiltLayer[];
  readonly parameters: readonly Parameter[];
  readonly running: readonly Running[];
  readonly noises: readonly Noise[];
  readonly states: readonly WatchedStates[];
  /** What layers add to the loss of each sample, [batch]. */
  readonly penalties: readonly Tensor[];
  /** Second predictions, whose loss is added in training. */
  readonly judged: readonly Judged[];
}

type Update = NonNullable<Running['update']>;

/** Both updates one after the other, as one: m₂ (m₁ r + (1 − m₁) a) + (1 − m₂) b. */
function inTurn(g: GraphBuilder, first: Update | null, second: Update): Update {
  if (first === null) return second;
  const momentum = first.momentum * second.momentum;
  // Where nothing of the new values is taken, they may be anything.
  const share = momentum === 1 ? 0 : (1 - second.momentum) / (1 - momentum);
  const batch = c.add(
    g,
    c.mul(g, first.batch, g.constant(1 - share)),
    c.mul(g, second.batch, g.constant(share)),
  );
  return { batch, momentum };
}

/** Learned parameters of activations start at one number. */
const constant = (value: number): InitializerConfig => ({ type: 'constant', value });

const lastOf = ({ body }: PlacedLayer): string[] => body.slice(-1).map(({ name }) => name);

/** What the building of one layer reads and collects. */
interface Building {
  readonly inputs: readonly Tensor[];
  readonly masks: readonly Mask[];
  readonly rows: number;
  /** Names of the layers and network inputs that its inputs come from. */
  readonly names: readonly string[];
  readonly inside: BuiltLayer[];
  readonly activations: Activation[];
  readonly preactivations: Tensor[];
}

class NetworkBuilder {
  readonly parameters: Parameter[] = [];
  readonly running: Running[] = [];
  readonly noises: Noise[] = [];
  readonly states: WatchedStates[] = [];
  readonly penalties: Tensor[] = [];
  readonly judged: (Judged & { readonly layer: PlacedLayer })[] = [];
  readonly lostMasks: LostMask[] = [];
  readonly #types = new Map<string, LayerType>();
  /** Parameters and running averages, by name. */
  readonly #values = new Map<string, Tensor>();
  readonly #g: GraphBuilder;
  readonly #mode: Mode;

  constructor(g: GraphBuilder, mode: Mode) {
    this.#g = g;
    this.#mode = mode;
  }

  /**
   * The layers of one list, each on what it names; the last one's output is that of the list.
   * @param inputs of the list, by name
   * @param outer what an input of the list is to the whole network
   * @param rows of the inputs for each sample
   */
  list(
    layers: readonly PlacedLayer[],
    inputs: ReadonlyMap<string, Masked>,
    outer: (input: string) => readonly string[],
    rows = 1,
  ): Masked & { layers: BuiltLayer[] } {
    const built: BuiltLayer[] = [];
    const values = new Map([...inputs].map(([input, value]) => [sourceKey({ input }), value]));
    for (const layer of layers) {
      const given = layer.inputs.map((source) => present(values.get(sourceKey(source)), layer.name));
      const names = layer.inputs.flatMap((source) =>
        'layer' in source ? [source.layer] : outer(source.input),
      );
      const result = this.#g.within({ layer: layer.name, pointer: layer.pointer }, () =>
        this.#layer(layer, given, names, rows),
      );
      built.push(...result);
      values.set(sourceKey({ layer: layer.name }), present(result[0]));
    }
    const last = present(layers.at(-1));
    const { output, mask } = present(values.get(sourceKey({ layer: last.name })));
    return { output, mask, layers: built };
  }

  /** The layer itself, then those inside it. */
  #layer(layer: PlacedLayer, given: readonly Masked[], names: readonly string[], rows: number): BuiltLayer[] {
    const inputs = given.map(({ output }) => output);
    const masks = given.map(({ mask }) => mask);
    const input = present(inputs[0]);
    const inside: BuiltLayer[] = [];
    const activations: Activation[] = [];
    const preactivations: Tensor[] = [];
    const before = this.parameters.length;
    this.#types.set(layer.name, layer.type);
    const context = this.#context(layer, { inputs, masks, rows, names, inside, activations, preactivations });
    checkRank(this.#g, layer.part, input);
    const output = layer.part.build(context, input);
    const mask = layer.part.mask(context, output);
    const own = this.parameters.slice(before).filter((parameter) => parameter.layer === layer.name);
    const activation = activations.find(({ name }) => name !== 'linear') ?? null;
    return [
      {
        name: layer.name,
        type: layer.type,
        pointer: layer.pointer,
        output_shape: output.shape.slice(1),
        input_shape: input.shape.slice(1),
        input_shapes: inputs.map(({ shape }) => shape.slice(1)),
        inputs: inside.length === 0 ? names : [...names, ...lastOf(layer)],
        parameters: own.reduce((sum, { shape }) => sum + sizeOf(shape), 0),
        activation,
        output,
        mask,
        masked_inputs: masks.map((one) => one !== null),
        rows,
        weights: layer.weights,
        borrows: layer.borrows,
        preactivation: preactivations[0] ?? null,
      },
      ...inside,
    ];
  }

  /** Of a layer that is applied once more, what it had the first time. */
  #parameter(
    { name: layer, weights }: PlacedLayer,
    tensor: string,
    shape: readonly number[],
    options: ParameterOptions,
  ): Tensor {
    if (weights !== layer) return this.#known(weights, tensor, shape);
    const name = `${layer}/${tensor}`;
    const value = this.#g.input(name, shape);
    this.#values.set(name, value);
    this.parameters.push({ name, layer, tensor, shape, ...options, value });
    return value;
  }

  #known(owner: string, tensor: string, shape: readonly number[]): Tensor {
    const known = this.#values.get(`${owner}/${tensor}`);
    const has = known === undefined ? `has no ${tensor}` : `has a ${tensor} [${known.shape.join(', ')}]`;
    return known?.shape.join() === shape.join()
      ? known
      : this.#g.refuse(
          `would need a ${tensor} [${shape.join(', ')}] for this input, but "${owner}", whose weights it uses, ${has}`,
          `give it an input of the shape that "${owner}" gets, or make it a layer of its own`,
        );
  }

  #borrowed({ borrows }: PlacedLayer, tensors: Readonly<Record<string, string>>): Tensor {
    const tensor = tensors[this.#types.get(borrows ?? '') ?? ''];
    return (
      this.#values.get(`${borrows}/${tensor}`) ??
      this.#g.refuse(
        `"${borrows}" has no ${Object.values(tensors).join(' and no ')} of its own`,
        `name a layer of one of the types ${Object.keys(tensors).join(', ')}`,
      )
    );
  }

  #context(
    layer: PlacedLayer,
    { inputs, masks, rows, names, inside, activations, preactivations }: Building,
  ): LayerContext {
    const g = this.#g;
    const nameOf = (name: string) => `${layer.name}/${name}`;
    const averageOf = (name: string) => `${layer.weights}/${name}`;
    let bodyMask: Mask = null;
    const parameter = (tensor: string, shape: readonly number[], options: ParameterOptions) =>
      this.#parameter(layer, tensor, shape, options);
    /** Learned parameters of an activation, one number per feature each. */
    const slopes = (activation: Activation, count: number, before = ''): Record<string, Tensor> =>
      Object.fromEntries(
        Object.entries(activation.parameters).map(([name, initial]) => [
          name,
          parameter(before + name, [count], { fanIn: count, fanOut: count, initializer: constant(initial) }),
        ]),
      );
    return {
      g,
      inputs,
      masks,
      mode: this.#mode,
      parameter,
      running: (name, shape, initial) => {
        if (layer.weights !== layer.name) return this.#known(layer.weights, name, shape);
        const value = g.input(nameOf(name), shape);
        this.#values.set(nameOf(name), value);
        this.running.push({ name: nameOf(name), shape, initial, value, update: null });
        return value;
      },
      updateRunning: (name, batch, momentum) => {
        const index = this.running.findIndex((running) => running.name === averageOf(name));
        const known = present(this.running[index]);
        this.running[index] = { ...known, update: inTurn(g, known.update, { batch, momentum }) };
      },
      penalize: (values, factor) => {
        const [all = 1] = values.shape;
        const sums = c.reduceSum(
          g,
          c.reshape(g, values, [all / rows, rows, sizeOf(values.shape) / all]),
          [2],
        );
        this.penalties.push(c.mul(g, c.reduceMean(g, sums, [1]), g.constant(factor)));
      },
      judge: (output, weight) => {
        this.judged.push({ output, weight, layer });
      },
      noise: (distribution, shape) => {
        const name = nameOf(`noise_${this.noises.length}`);
        this.noises.push({ name, distribution, shape });
        return g.input(name, shape);
      },
      activate: (x: Tensor, config: ActivationConfig) => {
        const activation = resolveActivation(config);
        activations.push(activation);
        preactivations.push(x);
        const learned = Object.entries(slopes(activation, features(x))).map(([name, value]) => [
          name,
          c.reshape(g, value, alongFeatures(x)),
        ]);
        return activation.build(g, x, featureAxis(x.shape), Object.fromEntries(learned));
      },
      activateInLoop: (count, config, inner) => {
        const activation = resolveActivation(config);
        if (inner === undefined) activations.push(activation);
        const before = inner === undefined ? '' : `${inner}/`;
        const learned = Object.entries(slopes(activation, count, before));
        return {
          captured: learned.map(([, value]) => value),
          apply: (body, x, captured) => {
            const inside = learned.map(([name], i) => [name, present(captured[i])]);
            return activation.build(body, x, x.shape.length - 1, Object.fromEntries(inside));
          },
        };
      },
      watchStates: (shape) => {
        if (this.#mode === 'inference') return null;
        const value = g.input(nameOf('state_zeros'), shape);
        this.states.push({ layer: layer.name, value });
        return value;
      },
      borrowed: (tensors) => this.#borrowed(layer, tensors),
      body: (x, { mask = masks[0] ?? null, rows: factor = 1 } = {}) => {
        const input = new Map([[BODY_INPUT, { output: x, mask }]]);
        const result = this.list(layer.body, input, () => names, rows * factor);
        inside.push(...result.layers);
        bodyMask = result.mask;
        // Rows of a body that gets no mask are time steps: statistics of the batch count the padded ones, too.
        if (mask === null && masks.some((given) => given !== null))
          for (const { name, type } of result.layers)
            if (type === 'batch_norm')
              this.lostMasks.push({
                layer: name,
                why: `inside ${layer.type} it normalizes by all time steps`,
              });
        return result.output;
      },
      bodyMask: () => bodyMask,
      loseMask: (why) => {
        if (masks.some((mask) => mask !== null)) this.lostMasks.push({ layer: layer.name, why });
      },
    };
  }
}

/**
 * The forward pass of `layers` on the inputs of the network, [batch, …] each.
 * @throws GraphShapeError naming the layer whose shapes do not fit
 */
export function buildNetwork(
  g: GraphBuilder,
  layers: readonly PlacedLayer[],
  inputs: ReadonlyMap<string, Tensor>,
  mode: Mode,
): BuiltNetwork {
  const builder = new NetworkBuilder(g, mode);
  const unmasked = new Map([...inputs].map(([name, output]) => [name, { output, mask: null }]));
  const { output, mask, layers: built } = builder.list(layers, unmasked, (input) => [input]);
  const { parameters, running, noises, states, penalties, judged, lostMasks } = builder;
  for (const { output: second, layer } of judged)
    if (second.shape.join() !== output.shape.join())
      g.within({ layer: layer.name, pointer: layer.pointer }, () =>
        g.refuse(
          `holds [${second.shape.slice(1).join(', ')}] against the targets, but the prediction is [${output.shape.slice(1).join(', ')}]`,
          'put it at the end of the network',
        ),
      );
  const made = { parameters, running, noises, states, penalties, judged, lost_masks: lostMasks };
  return { output, mask, layers: built, ...made };
}
