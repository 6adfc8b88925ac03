/** @file What recurrent layers share: options, the projection of the inputs for all time steps at once, code. */
import { z } from 'zod';
import { calculus as c, type GraphBuilder, scan, type Tensor } from '../../graph/index.ts';
import { type ActivationConfig, activationSchema, resolveActivation } from '../activation_config.ts';
import type { InitializerConfig } from '../initializers/index.ts';
import { initializerArgument, python } from './code.ts';
import {
  biasInitializerOption,
  type CodeContext,
  kernelInitializerOption,
  type LayerCode,
  type LayerContext,
  recurrentInitializerOption,
  useBiasOption,
} from './layer.ts';
import { shapeText } from './merge.ts';
import { checkSequence } from './window.ts';

/** Why no theory reaches recurrent layers. */
export const RECURRENT_THEORY = 'the theory of recurrent layers needs the correlation between time steps';

/** The sequence and, where it does not begin at 0, the state before the first time step. */
export const recurrentArity = [1, 2] as const;

export const recurrentOptions = {
  units: z.int().min(1).max(65_536).describe('Number of outputs'),
  return_sequences: z
    .boolean()
    .default(false)
    .describe('Give the outputs of all time steps, not only of the last'),
  use_bias: useBiasOption,
  kernel_initializer: kernelInitializerOption,
  recurrent_initializer: recurrentInitializerOption,
  bias_initializer: biasInitializerOption,
};

/** The options of layers with gates. */
export const gatedOptions = {
  ...recurrentOptions,
  activation: activationSchema
    .default('tanh')
    .describe('Activation of the candidate and of the cell’s output'),
  recurrent_activation: activationSchema.default('sigmoid').describe('Activation of the gates'),
  recurrent_dropout: z
    .number()
    .min(0)
    .max(0.99)
    .default(0)
    .describe(
      'Fraction of the state that is dropped in the recurrent product; the same units in all time steps of a sample',
    ),
};

export interface RecurrentOptions {
  readonly units: number;
  readonly return_sequences: boolean;
  readonly use_bias: boolean;
  readonly kernel_initializer: InitializerConfig;
  readonly recurrent_initializer: InitializerConfig;
  readonly bias_initializer: InitializerConfig;
}

export interface Projected {
  /** x W + b of every time step: [time, batch, gates · units] */
  readonly inputs: Tensor;
  /** [units, gates · units] */
  readonly recurrentKernel: Tensor;
  /** Zeros [batch, units] */
  readonly zeros: Tensor;
}

/**
 * The part that no state enters, as one product over all time steps.
 * @param x [batch, time, in]
 * @param ones bias elements that start at 1
 */
export function projectInputs(
  context: LayerContext,
  x: Tensor,
  gates: number,
  options: RecurrentOptions,
  ones?: readonly [from: number, to: number],
): Projected {
  const { g } = context;
  checkSequence(g, x);
  const [batch = 1, time = 1, fanIn = 1] = x.shape;
  const { units } = options;
  const width = gates * units;
  const fans = { fanIn, fanOut: width };
  const kernel = context.parameter('kernel', [fanIn, width], {
    ...fans,
    initializer: options.kernel_initializer,
  });
  const recurrentKernel = context.parameter('recurrent_kernel', [units, width], {
    fanIn: units,
    fanOut: width,
    initializer: options.recurrent_initializer,
  });
  const rows = c.asMatrix(g, c.transpose(g, x, [1, 0, 2]));
  const bias = options.use_bias
    ? context.parameter('bias', [width], {
        ...fans,
        initializer: options.bias_initializer,
        ...(ones === undefined ? {} : { ones }),
      })
    : null;
  const product = bias === null ? c.gemm(g, rows, kernel) : c.affine(g, rows, kernel, bias);
  return {
    inputs: c.reshape(g, product, [time, batch, width]),
    recurrentKernel,
    zeros: c.zeros(g, [batch, units]),
  };
}

interface GatedOptions {
  readonly units: number;
  readonly activation: ActivationConfig;
  readonly recurrent_activation: ActivationConfig;
  readonly recurrent_dropout: number;
}

/** What a loop with gates captures beside its kernels, and what it does with it. */
export interface Gates {
  readonly captured: readonly Tensor[];
  /** @param inside what was captured, as the body sees it */
  within(
    b: GraphBuilder,
    inside: readonly Tensor[],
  ): {
    activate(x: Tensor): Tensor;
    gate(x: Tensor): Tensor;
    /** The state that the recurrent product sees. */
    seen(h: Tensor): Tensor;
  };
}

export function createGates(context: LayerContext, batch: number, options: GatedOptions): Gates {
  const { g, mode } = context;
  const { units, recurrent_dropout: rate } = options;
  const own = context.activateInLoop(units, options.activation, 'activation');
  const recurrent = context.activateInLoop(units, options.recurrent_activation, 'recurrent_activation');
  const dropped = mode === 'training' && rate > 0;
  const noise = dropped ? context.noise('uniform', [batch, units]) : null;
  const kept =
    noise === null
      ? []
      : [c.where(g, c.less(g, noise, g.constant(rate)), g.constant(0), g.constant(1 / (1 - rate)))];
  return {
    captured: [...own.captured, ...recurrent.captured, ...kept],
    within: (b, inside) => {
      const [first, second] = [own.captured.length, own.captured.length + recurrent.captured.length];
      const mask = inside[second];
      return {
        activate: (x) => own.apply(b, x, inside.slice(0, first)),
        gate: (x) => recurrent.apply(b, x, inside.slice(first, second)),
        seen: (h) => (mask === undefined ? h : c.mul(b, h, mask)),
      };
    },
  };
}

/** An argument of a Keras layer; nothing where it is the default. */
export function kerasActivation(name: string, config: ActivationConfig, standard: string): string {
  const { name: own, keras } = resolveActivation(config);
  return own === standard ? '' : `, ${name}=${/Activation\((.*)\)$/.exec(keras)?.[1] ?? keras}`;
}

export const gatedSteps = (options: GatedOptions): OwnSteps => ({
  activation: options.activation,
  gate: options.recurrent_activation,
  dropped: options.recurrent_dropout,
});

/** Arguments of the Keras layer, where they are not its defaults. */
export function gatedCode({ activation, recurrent_activation, recurrent_dropout }: GatedOptions): string {
  return [
    kerasActivation('activation', activation, 'tanh'),
    kerasActivation('recurrent_activation', recurrent_activation, 'sigmoid'),
    recurrent_dropout === 0 ? '' : `, recurrent_dropout=${recurrent_dropout}`,
  ].join('');
}

/**
 * The states before the first time step: of a second input where there is one, else zeros.
 * @param count of states, which lie one behind the other in the second input [batch, count · units]
 */
export function statesBefore({ g, inputs }: LayerContext, { zeros }: Projected, count = 1): Tensor[] {
  const given = inputs[1];
  if (given === undefined) return new Array<Tensor>(count).fill(zeros);
  const [, units = 1] = zeros.shape;
  if (given.shape.length !== 2 || given.shape[1] !== count * units)
    g.refuse(
      `its second input, the state before the first time step, is ${shapeText(given)} and not [${count * units}]`,
      count === 1
        ? 'give the last output of a recurrent layer with as many units'
        : 'give the output of an lstm with as many units, "return_cell": true and without return_sequences: h, then c',
    );
  return Array.from({ length: count }, (_, i) => gate(g, given, i, units));
}

interface Step {
  readonly next: readonly [state: Tensor, ...rest: Tensor[]];
}

/**
 * The loop over time. The first state is the output, or all of them `joined`. A masked time step keeps all states, and so repeats the output.
 * @param initial states before the first time step
 * @param step the states after a time step, from those before it and the step's projected input
 * @returns the output of all time steps [batch, time, units], or of the last one
 */
export function runThroughTime(
  context: LayerContext,
  { inputs }: Projected,
  { return_sequences, units }: RecurrentOptions,
  initial: readonly Tensor[],
  captured: readonly Tensor[],
  step: (b: GraphBuilder, states: readonly Tensor[], input: Tensor, captured: readonly Tensor[]) => Step,
  joined = false,
): Tensor {
  const { g } = context;
  const outputOf = (at: GraphBuilder, states: readonly Tensor[]): Tensor =>
    joined ? c.concat(at, states, 1) : (states[0] as Tensor);
  const [time = 1, batch = 1] = inputs.shape;
  const watch = context.watchStates([time, batch, units]);
  const mask = context.masks[0] ?? null;
  const kept = mask === null ? null : c.reshape(g, c.transpose(g, mask, [1, 0]), [time, batch, 1]);
  const sequences = [inputs, ...(kept === null ? [] : [kept]), ...(watch === null ? [] : [watch])];
  const { final, outputs } = scan(
    g,
    { initial, sequences, captured },
    (b, { states, elements, captured: inside }) => {
      const next = step(b, states, elements[0] as Tensor, inside).next;
      const counts = kept === null ? null : c.greater(b, elements[1] as Tensor, b.constant(0));
      const [state, ...rest] = next.map((fresh, i) =>
        counts === null ? fresh : c.where(b, counts, fresh, states[i] as Tensor),
      ) as [Tensor, ...Tensor[]];
      const watched = watch === null ? state : c.add(b, state, elements.at(-1) as Tensor);
      return { next: [watched, ...rest], outputs: [outputOf(b, [watched, ...rest])] };
    },
  );
  return return_sequences ? c.transpose(g, outputs[0] as Tensor, [1, 0, 2]) : outputOf(g, final);
}

/** Block `index` of the features of x [batch, gates · units]. */
export const gate = (g: GraphBuilder, x: Tensor, index: number, units: number, blocks = 1): Tensor =>
  c.slice(g, x, { axis: 1, start: index * units, step: 1, count: blocks * units });

/** What PyTorch's own modules do not have, so that a class of our own goes step by step. */
export interface OwnSteps {
  /** The activation, where it is not the module's own. */
  readonly activation?: ActivationConfig;
  readonly gate?: ActivationConfig;
  readonly dropped?: number;
  readonly resetFirst?: boolean;
  readonly returnsCell?: boolean;
}

/** Arguments of `StepByStep`; null where PyTorch's own module does the same. */
function stepsCode(
  { activation, gate, dropped = 0, resetFirst = false, returnsCell = false }: OwnSteps,
  units: number,
): string[] {
  const moduleOf = (name: string, config: ActivationConfig | undefined, standard: string) => {
    const resolved = config === undefined ? null : resolveActivation(config);
    return resolved === null || resolved.name === standard ? [] : [`${name}=${resolved.pytorch(units, 1)}`];
  };
  return [
    ...moduleOf('act', activation, 'tanh'),
    ...moduleOf('gate', gate, 'sigmoid'),
    ...(dropped === 0 ? [] : [`dropped=${dropped}`]),
    ...(resetFirst ? ['reset_first=True'] : []),
    ...(returnsCell ? ['cell=True'] : []),
  ];
}

/**
 * @param name of the classes
 * @param steps what a PyTorch module of this name does not do
 * @param keras further arguments
 */
export function recurrentCode(
  name: { readonly pytorch: 'RNN' | 'LSTM' | 'GRU'; readonly keras: string },
  options: RecurrentOptions,
  { inputFeatures, masked, inputShapes }: Pick<CodeContext, 'inputFeatures' | 'masked' | 'inputShapes'>,
  steps: OwnSteps,
  keras = '',
): LayerCode {
  const { units, return_sequences, use_bias } = options;
  const sequences = return_sequences ? ', return_sequences=True' : '';
  const bias = use_bias
    ? initializerArgument('bias', options.bias_initializer, 'zeros')
    : `, use_bias=${python(false)}`;
  const initializers =
    initializerArgument('kernel', options.kernel_initializer, 'glorot_uniform') +
    initializerArgument('recurrent', options.recurrent_initializer, 'orthogonal');
  const own = stepsCode(steps, units);
  const noBias = use_bias ? '' : `, bias=${python(false)}`;
  const sizes = `${inputFeatures}, ${units}${noBias}`;
  const mode = name.pytorch === 'RNN' ? 'RNN_TANH' : name.pytorch;
  const rnn =
    own.length > 0 || masked[0] === true
      ? `StepByStep("${mode}", ${[sizes, ...own].join(', ')})`
      : `nn.${name.pytorch}(${sizes}, batch_first=True)`;
  const cell = `${units}${initializers}${bias}${keras}`;
  const layer =
    steps.returnsCell === true
      ? `layers.RNN(WithCell(layers.${name.keras}Cell(${cell}))${sequences})`
      : `layers.${name.keras}(${units}${sequences}${initializers}${bias}${keras})`;
  return {
    pytorch: [`Recurrent(${rnn}${sequences})`],
    keras: [inputShapes.length > 1 ? `FromState(${layer})` : layer],
  };
}
