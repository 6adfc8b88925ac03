/** @file Whether what the layers name is there, and whether network and data have the same inputs. */
import {
  type DataDescription,
  describeData,
  type InputMismatch,
  learnsInputs,
  matchInputs,
  readAs,
} from '../data/index.ts';
import { flattenLayers, type NetworkInput, type PlacedLayer, sourceKey } from '../network/index.ts';
import { inputsOf, resolveLoss } from './plan.ts';
import type { Problem } from './problems.ts';
import type { Experiment } from './schema.ts';

export function checkNames(experiment: Experiment, layers: readonly PlacedLayer[]): Problem[] {
  const seen = new Set(inputsOf(experiment).map(({ name }) => name));
  return flattenLayers(layers).flatMap(({ name, pointer }) => {
    if (!seen.has(name)) {
      seen.add(name);
      return [];
    }
    const isInput = inputsOf(experiment).some((input) => input.name === name);
    const message = isInput
      ? `a layer and an input of the network are both named "${name}"`
      : `two layers are named "${name}"`;
    return [{ pointer: `${pointer}/name`, message, fix: 'rename one of them' }];
  });
}

function pointerOf({ network }: Experiment, { name }: InputMismatch): string {
  if (network.input !== undefined) return name === null ? '/network/input' : '/network/input/shape';
  return name === null ? '/network/inputs' : `/network/inputs/${name}`;
}

export function checkInputs(experiment: Experiment, data: DataDescription): Problem[] {
  const match = matchInputs(data, inputsOf(experiment));
  if ('fields' in match) return [];
  return match.mismatches.map((mismatch) => ({
    pointer: pointerOf(experiment, mismatch),
    message: mismatch.message,
    fix: mismatch.fix,
  }));
}

interface Reader {
  readonly layer: PlacedLayer;
  /** The network's input that it takes; null where it takes a layer's output. */
  readonly input: NetworkInput | null;
}

/** All layers, each once for every input that it takes. */
function readersOf(experiment: Experiment, layers: readonly PlacedLayer[]): Reader[] {
  const inputs = new Map(inputsOf(experiment).map((input) => [sourceKey({ input: input.name }), input]));
  const top = new Set(layers);
  return flattenLayers(layers).flatMap((layer) =>
    layer.inputs.map((source) => ({
      layer,
      // Inside another layer, `input` is what that one takes.
      input: top.has(layer) ? (inputs.get(sourceKey(source)) ?? null) : null,
    })),
  );
}

/** Tokens are looked up in a table first of all; nothing else makes sense of them, and nothing else can be looked up. */
export function checkTokens(
  experiment: Experiment,
  layers: readonly PlacedLayer[],
  data: DataDescription,
): Problem[] {
  const problems = readersOf(experiment, layers).flatMap(({ layer, input }): Problem[] => {
    const { vocabulary } = layer.part;
    if (input?.dtype === 'token' && vocabulary === null) {
      const fix = 'begin with { "type": "embedding", "vocabulary": …, "dimensions": … }, or remove "dtype"';
      return [{ pointer: layer.pointer, message: 'tokens need an embedding first', fix }];
    }
    if (vocabulary === null) return [];
    if (input === null) {
      const message = 'an embedding can only take an input of the network: it can only be the first layer';
      return [{ pointer: layer.pointer, message, fix: 'move it to the front' }];
    }
    if (input.dtype !== 'token') {
      const message = `layer "${layer.name}" is an embedding, but its input is not declared as tokens`;
      return [{ pointer: `${input.pointer}/dtype`, message, fix: 'add "dtype": "token"' }];
    }
    return checkVocabulary(experiment, data, { pointer: layer.pointer, vocabulary }, input);
  });
  return problems.slice(0, 1);
}

function checkVocabulary(
  experiment: Experiment,
  data: DataDescription,
  { pointer, vocabulary }: { readonly pointer: string; readonly vocabulary: number },
  { name }: NetworkInput,
): Problem[] {
  const { data: config } = experiment;
  const inputs = inputsOf(experiment);
  const match = matchInputs(data, inputs);
  const tokens = 'fields' in match ? (match.fields.get(name)?.tokens ?? null) : null;
  if (tokens === null) {
    const message = `the inputs of ${config.type} are not tokens: whole numbers from 0`;
    return [{ pointer: '/data', message, fix: 'remove "dtype" and the embedding, or use other data' }];
  }
  if (inputs.every(({ dtype }) => dtype === 'token') && (config.standardize || config.scale !== 1))
    return [{ pointer: '/data', message: 'tokens cannot be scaled', fix: 'remove standardize and scale' }];
  if (tokens <= vocabulary) return [];
  const message = `the data have tokens up to ${tokens - 1}, the vocabulary ends at ${vocabulary - 1}`;
  return [{ pointer: `${pointer}/vocabulary`, message, fix: `set it to ${tokens}` }];
}

/** What the data are to this network: where it is to give back its input, targets have the shape of that. */
export function dataOf(experiment: Experiment): DataDescription {
  const data = readAs(describeData(experiment.data), resolveLoss(experiment).target);
  const [input] = inputsOf(experiment);
  return learnsInputs(experiment.data) && input !== undefined ? { ...data, target_shape: input.shape } : data;
}

/** With several inputs, none of them is the one to be given back. */
export function checkTargets(experiment: Experiment): Problem[] {
  if (!learnsInputs(experiment.data) || inputsOf(experiment).length === 1) return [];
  const message = 'the network has several inputs: "inputs" does not say which of them is the target';
  return [{ pointer: '/data/targets', message, fix: 'give the targets themselves' }];
}
