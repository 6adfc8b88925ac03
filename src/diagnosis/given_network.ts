/** @file Whether a trace that was measured elsewhere is of the network of the experiment that came with it. */
import { type Experiment, placedLayers, planExperiment } from '../experiment/index.ts';
import {
  type ActivationConfig,
  type BuiltLayer,
  flattenLayers,
  resolveActivation,
} from '../network/index.ts';
import type { GivenProblem } from './given_problems.ts';

interface GivenLayer {
  readonly name: string;
  readonly type: string;
  readonly output_shape: readonly number[];
  readonly parameters: number;
  readonly activation: ActivationConfig | null;
  readonly is_output: boolean;
}

interface Given {
  readonly layers: readonly GivenLayer[];
}

/** Layers that every framework has as one layer with one kernel, so that they can be told apart by their sizes. */
const PLAIN = /^(dense|conv[123]d)$/;
/** In these the layers of other frameworks are not those of an experiment: projections of their own, a body for each time step. */
const COMPOSED = /attention|residual|separable|depthwise|time_distributed|bidirectional|lstm|gru|simple_rnn/;

/** Layers that have one width in every framework, whatever lies before it: time steps, directions, a batch. */
const OF_ONE_WIDTH: Readonly<Record<string, RegExp>> = {
  lstm: /^(lstm|bidirectional)$/,
  gru: /^(gru|bidirectional)$/,
  simple_rnn: /^(simple_rnn|bidirectional)$/,
  embedding: /^embedding$/,
  self_attention: /attention$/,
};
/** Layers that no other one of an experiment stands for. */
const UNLIKE_OTHERS = ['lstm', 'gru', 'simple_rnn', 'embedding'];

/** An axis may lie elsewhere in another framework, and an axis of 1 may be missing. */
const sizeOf = (shape: readonly number[]): number => shape.reduce((product, length) => product * length, 1);

interface Expected {
  readonly layer: BuiltLayer;
  /** Numbers of trained weights that a framework may count: some keep biases or slopes elsewhere, or frozen. */
  readonly counts: readonly number[];
}

function expectedOf(experiment: Experiment): Expected[] {
  const { layers, parameters } = planExperiment(experiment);
  return layers
    .filter(({ type }) => PLAIN.test(type))
    .map((layer) => {
      const own = parameters.filter((parameter) => parameter.layer === layer.name);
      const count = (tensors: readonly string[]) =>
        own
          .filter(({ tensor }) => tensors.includes(tensor))
          .reduce((sum, { shape }) => sum + sizeOf(shape), 0);
      return {
        layer,
        counts: [layer.parameters, count(['kernel', 'bias']), count(['kernel']), count(['bias'])],
      };
    });
}

/** Where one of them does not say what its activation is, or another layer brings it, nothing is known. */
function isOtherActivation({ activation }: GivenLayer, layer: BuiltLayer): boolean {
  if (activation === null || layer.activation === null) return false;
  return resolveActivation(activation).name !== layer.activation.name;
}

function isSame(given: GivenLayer, { layer, counts }: Expected): boolean {
  return (
    sizeOf(given.output_shape) === sizeOf(layer.output_shape) &&
    (given.parameters === 0 || counts.includes(given.parameters)) &&
    !isOtherActivation(given, layer)
  );
}

const told = ({ output_shape, parameters, activation }: GivenLayer): string =>
  [
    `[${output_shape.join(', ')}]`,
    ...(parameters === 0 ? [] : [`${parameters} parameters`]),
    ...(activation === null ? [] : [resolveActivation(activation).name]),
  ].join(', ');
const toldOf = ({ name, output_shape, parameters, activation }: BuiltLayer): string =>
  `${name} ([${[output_shape.join(', ')]}], ${parameters} parameters${activation === null ? '' : `, ${activation.name}`})`;

const FIX =
  'send the experiment of the network that was traced, with all of its layers, or leave `experiment` out';

/**
 * Both in the order of the forward pass. Each plain layer of the experiment has to be in the trace, and each plain layer of the trace
 * that holds trained weights in the experiment.
 */
function ofLayers({ layers }: Given, experiment: Experiment): Omit<GivenProblem, 'path'> | null {
  const expected = expectedOf(experiment);
  const isComposed = flattenLayers(placedLayers(experiment)).some(({ type }) => COMPOSED.test(type));
  const plain = layers.filter(({ type }) => PLAIN.test(type));
  let next = 0;
  for (const given of plain) {
    const wanted = expected[next];
    if (wanted !== undefined && isSame(given, wanted)) next++;
    else if (given.parameters > 0 && !isComposed) {
      const here =
        wanted === undefined
          ? `the experiment has ${expected.length} dense and convolutional layers, and all of them come before it`
          : `the experiment has ${toldOf(wanted.layer)} there`;
      return {
        message: `the trace is of another network: its layer "${given.name}" gives ${told(given)}, but ${here}`,
        fix: FIX,
      };
    }
  }
  const missing = expected[next];
  if (missing === undefined || isComposed) return null;
  return {
    message: `the trace is of another network: none of its layers is ${toldOf(missing.layer)} of the experiment`,
    fix: FIX,
  };
}

function ofOutput({ layers }: Given, experiment: Experiment): Omit<GivenProblem, 'path'> | null {
  const output = layers.find(({ is_output }) => is_output);
  const { output_shape } = planExperiment(experiment);
  if (output === undefined || sizeOf(output.output_shape) === sizeOf(output_shape)) return null;
  return {
    message: `the trace is of another network: its output "${output.name}" gives [${output.output_shape.join(', ')}], the experiment's gives [${output_shape.join(', ')}]`,
    fix: FIX,
  };
}

function ofTypes({ layers }: Given, experiment: Experiment): Omit<GivenProblem, 'path'> | null {
  const types = new Set<string>(
    flattenLayers(placedLayers(experiment)).flatMap(({ type, config }) => {
      const { layer } = config as { layer?: { type?: string } };
      return layer?.type === undefined ? [type] : [type, layer.type];
    }),
  );
  const foreign = layers.find(
    ({ type, parameters }) => parameters > 0 && UNLIKE_OTHERS.includes(type) && !types.has(type),
  );
  if (foreign === undefined) return null;
  return {
    message: `the trace is of another network: its layer "${foreign.name}" is of type ${foreign.type}, and the experiment has none`,
    fix: FIX,
  };
}

const widthOf = (shape: readonly number[]): number => shape.at(-1) ?? 1;

/** A loop, a table or an attention of the trace has to be as wide as one of its kind in the experiment. */
function ofWidths({ layers }: Given, experiment: Experiment): Omit<GivenProblem, 'path'> | null {
  const { layers: built } = planExperiment(experiment);
  for (const { name, type, output_shape, parameters } of layers) {
    const kinds = OF_ONE_WIDTH[type];
    if (kinds === undefined || parameters === 0) continue;
    const widths = new Set(
      built.filter((layer) => kinds.test(layer.type)).map((layer) => widthOf(layer.output_shape)),
    );
    if (widths.size === 0 || widths.has(widthOf(output_shape))) continue;
    return {
      message: `the trace is of another network: its layer "${name}" (${type}) gives ${widthOf(output_shape)} numbers, but such layers of the experiment give ${[...widths].join(' or ')}`,
      fix: FIX,
    };
  }
  return null;
}

/**
 * Where layers are composed, their parts may be recorded in another order, and with parts of their own. But of the plain layers of the
 * experiment that have weights of their own one at least has to be there, by the number of its weights.
 */
function ofCounts({ layers }: Given, experiment: Experiment): Omit<GivenProblem, 'path'> | null {
  const counted = new Set(layers.flatMap(({ parameters }) => (parameters > 0 ? [parameters] : [])));
  const expected = expectedOf(experiment).filter(({ layer }) => layer.borrows === null);
  const [first] = expected;
  if (counted.size === 0 || first === undefined) return null;
  if (expected.some(({ counts }) => counts.some((count) => counted.has(count)))) return null;
  return {
    message: `the trace is of another network: none of its layers has as many parameters as ${toldOf(first.layer)}, or as any other dense or convolutional layer of the experiment`,
    fix: FIX,
  };
}

/** At most one, at the experiment: what follows the first difference differs as well. All traces are of one network. */
export function networkProblems([first]: readonly Given[], experiment: Experiment): GivenProblem[] {
  if (first === undefined) return [];
  const wrong =
    ofOutput(first, experiment) ??
    ofTypes(first, experiment) ??
    ofWidths(first, experiment) ??
    ofLayers(first, experiment) ??
    ofCounts(first, experiment);
  return wrong === null ? [] : [{ path: ['experiment', 'network'], ...wrong }];
}
