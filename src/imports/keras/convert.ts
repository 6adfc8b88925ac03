/** @file A Keras model → network and training. Everything that has no counterpart is collected, not only the first. */

import { nearest } from '../../util/nearest.ts';
import { fail, ok } from '../../util/result.ts';
import {
  type ImportResult,
  Misfit,
  type ModelFormat,
  ModelUnreadable,
  type OmittedPart,
  Unsupported,
  type UnsupportedPart,
} from '../model.ts';
import { NetworkWriter, type Value } from '../writer.ts';
import { imagesAreLast, inputShape, keyOf, sharedCalls, takenOutputs } from './calls.ts';
import { isObject, type Json, serialized } from './config.ts';
import { type Context, penalized } from './context.ts';
import { converters } from './layers/index.ts';
import {
  type Call,
  type KerasLayer,
  type KerasModel,
  modelClasses,
  type Reference,
  readModel,
  type Weights,
} from './model.ts';
import { givesCell, outputsOf, togetherTaken } from './states.ts';
import { type NamedOutput, type OutputKind, trainingOf } from './training.ts';

export interface KerasFile {
  readonly format: ModelFormat;
  readonly model: Json;
  /** Of the model within the file. */
  readonly pointer: string;
  readonly version: 2 | 3;
  readonly compiled: Json | null;
  readonly weights: Weights | null;
  readonly warnings: readonly string[];
  /** Of axes of the inputs whose size the file leaves open. */
  readonly openSize: number | null;
}

const MAX_DEPTH = 16;

/** What a layer makes of its outputs; null where it leaves them as they are. */
function activationOf({ class: kind, config }: KerasLayer): OutputKind | null {
  const name = kind === 'Softmax' ? 'softmax' : (serialized(config.activation)?.class ?? '');
  const changes = config.activation !== undefined || kind === 'Softmax' || /Norm|ReLU|ELU/.test(kind);
  return !changes ? null : name === 'softmax' || name === 'sigmoid' ? name : 'other';
}

/** Of every output its name, that of its layer unless the model gives a dictionary, and what it is. */
function endsOf(model: KerasModel, { config }: Json): NamedOutput[] {
  const given = isObject(config) ? config.output_layers : null;
  const names = isObject(given) ? Object.keys(given) : [];
  return model.outputs.map(({ layer: ended }, i) => {
    const call = model.calls.find(({ layer }) => layer.name === ended);
    const kind = (call === undefined ? null : activationOf(call.layer)) ?? 'other';
    return { name: names[i] ?? ended, kind };
  });
}

class Conversion {
  readonly context: Context;
  readonly unsupported: UnsupportedPart[];
  /** The last activation, which tells what the outputs are. */
  output: OutputKind = 'other';

  constructor(context: Context, unsupported: UnsupportedPart[] = []) {
    this.context = context;
    this.unsupported = unsupported;
  }

  /** Something cannot be expressed: shapes that follow from it mean nothing. */
  get #broken(): boolean {
    return this.unsupported.length > 0;
  }

  refuse(
    layer: Pick<KerasLayer, 'pointer' | 'class' | 'name'>,
    message: string,
    alternative: string | null,
  ): void {
    const { pointer, class: kind, name } = layer;
    this.unsupported.push({ pointer, class: kind, name, message, alternative });
  }

  /** Every layer that the outputs need, each after what it is called on. @returns the outputs */
  run(model: KerasModel, given: ReadonlyMap<string, Value>, prefix: string, depth: number): Value[] {
    const calls = new Map(
      model.calls.map((call) => [keyOf({ layer: call.layer.name, node: call.node }), call]),
    );
    const values = new Map<string, Value>();
    const entered = new Set<string>();
    const sharing = sharedCalls(model);
    const taken = takenOutputs(model);
    const outputOf = (reference: Reference): Value => {
      const key = keyOf(reference);
      const known = values.get(key) ?? given.get(reference.layer);
      if (known !== undefined) return known;
      const call = calls.get(key);
      if (call === undefined)
        throw new ModelUnreadable(
          `the model names a layer that it does not have: "${reference.layer.slice(0, 100)}"`,
        );
      if (entered.has(key))
        throw new ModelUnreadable(
          `the layers of the model form a circle at "${reference.layer.slice(0, 100)}"`,
        );
      entered.add(key);
      const outputs = taken.get(key) ?? new Set([0]);
      const inputs = inputsOf(call);
      const write = () => this.#call({ ...call, layer: { ...call.layer, outputs } }, inputs, prefix, depth);
      const value = sharing.has(reference.layer)
        ? this.context.writer.once(prefix + call.layer.name, write)
        : write();
      values.set(key, value);
      return value;
    };
    // Of a layer that gives its states, too, one value holds them all.
    const partOf = (references: readonly Reference[]): Value => {
      const [first] = references as [Reference];
      const call = calls.get(keyOf(first));
      const whole = outputOf(first);
      if (call === undefined) return whole;
      const outputs = taken.get(keyOf(first)) ?? new Set([0]);
      const layer = { ...call.layer, name: `${prefix}${call.layer.name}`, outputs };
      try {
        return outputsOf(layer, whole, references, sharing.has(first.layer), this.context);
      } catch (error) {
        if (!(error instanceof Unsupported)) throw error;
        this.refuse(layer, error.message, error.alternative);
        return whole;
      }
    };
    const inputsOf = (call: Call): Value[] => togetherTaken(call).map(partOf);
    return model.outputs.map((output) => partOf([output]));
  }

  #call(call: Call, inputs: readonly Value[], prefix: string, depth: number): Value {
    const layer = {
      ...call.layer,
      name: `${prefix}${call.layer.name}`,
      ...(call.arguments !== undefined && { call: call.arguments }),
    };
    const passed = inputs[0] ?? { source: 'input', shape: [1], channels: 'same' };
    try {
      return this.#convert(layer, inputs, depth);
    } catch (error) {
      if (!(error instanceof Unsupported)) throw error;
      if (!(error instanceof Misfit && this.#broken)) this.refuse(layer, error.message, error.alternative);
      return passed;
    }
  }

  #convert(layer: KerasLayer, inputs: readonly Value[], depth: number): Value {
    if (modelClasses.has(layer.class)) return this.#nested(layer, inputs, depth);
    const convert = converters.get(layer.class);
    if (convert === undefined)
      throw new Unsupported(
        `${layer.class} is no layer that this service knows; code in a model is never run`,
        nearest(layer.class, [...converters.keys()]),
      );
    this.#noteActivation(layer);
    const value = convert(layer, inputs, this.context);
    const { activity_regularizer: regularizer } = layer.config;
    if (!givesCell(layer)) return penalized(value, regularizer, `${layer.name}_penalty`, this.context);
    if (regularizer !== null && regularizer !== undefined)
      this.context.warnings.add(
        `activity_regularizer of "${layer.name}" is left out: both its states are taken`,
      );
    return value;
  }

  #noteActivation(layer: KerasLayer): void {
    this.output = activationOf(layer) ?? this.output;
  }

  /** Several outputs side by side. */
  joined(outputs: readonly Value[], pointer: string): Value {
    const { writer, warnings } = this.context;
    if (outputs.some(({ channels }) => channels === 'last'))
      warnings.add('outputs that are images are channels first here: their targets have to be so, too');
    try {
      return writer.add('outputs', {}, outputs, { name: 'outputs' });
    } catch (error) {
      if (!(error instanceof Unsupported)) throw error;
      const place = { pointer: `${pointer}/config/output_layers`, class: 'Functional', name: 'outputs' };
      this.refuse(place, error.message, error.alternative);
      return outputs[0] as Value;
    }
  }

  #nested(layer: KerasLayer, inputs: readonly Value[], depth: number): Value {
    if (depth > MAX_DEPTH)
      throw new ModelUnreadable(`models within models are nested deeper than ${MAX_DEPTH}`);
    const value = { class_name: layer.class === 'Model' ? 'Functional' : layer.class, config: layer.config };
    const model = readModel(value, layer.pointer, layer.within);
    const given = new Map(model.inputs.map((name, i) => [name, inputs[i] as Value]));
    if (inputs.length !== model.inputs.length)
      throw new Misfit(`it takes ${model.inputs.length} inputs, but gets ${inputs.length}`);
    const outputs = this.run(model, given, `${layer.name}.`, depth + 1);
    if (outputs.length > 1) this.context.several.set(layer.name, outputs);
    return outputs[0] as Value;
  }
}

function readInputs(model: KerasModel, conversion: Conversion, openSize: number | null): Map<string, Value> {
  const { writer, warnings } = conversion.context;
  const last = imagesAreLast(model);
  const values = new Map<string, Value>();
  for (const name of model.inputs) {
    const layer = model.calls.find((call) => call.layer.name === name)?.layer;
    if (layer === undefined) throw new ModelUnreadable(`the model has no input "${name.slice(0, 100)}"`);
    try {
      const shape = inputShape(layer, openSize);
      const channels = shape.length === 3 && last ? 'last' : 'same';
      values.set(name, writer.input(name, shape, channels));
      if (channels === 'last')
        warnings.add(
          `images are channels first here: [${shape.join(', ')}] in Keras is [${values.get(name)?.shape.join(', ')}]`,
        );
    } catch (error) {
      if (!(error instanceof Unsupported)) throw error;
      conversion.refuse(layer, error.message, error.alternative);
      values.set(name, { source: 'input', shape: [1], channels: 'same' });
    }
  }
  return values;
}

/** @throws ModelUnreadable */
export function convertKeras(file: KerasFile): ImportResult {
  const model = readModel(file.model, file.pointer, file.weights);
  const warnings = new Set(file.warnings);
  const omitted: OmittedPart[] = [];
  const writer = new NetworkWriter(model.inputs.length);
  const context: Context = {
    writer,
    version: file.version,
    warnings,
    omitted,
    penalties: [],
    several: new Map(),
  };
  const conversion = new Conversion(context);
  const inputs = readInputs(model, conversion, file.openSize);
  const outputs = conversion.run(model, inputs, '', 0);
  const several = outputs.length > 1;
  const output = several ? conversion.joined(outputs, file.pointer) : outputs[0];
  if (conversion.unsupported.length > 0)
    return fail({ code: 'unsupported_model', parts: conversion.unsupported });
  if (output?.channels === 'last')
    warnings.add(
      `the output is channels first here, [${output.shape.join(', ')}]: targets have to be so, too`,
    );
  const network = writer.finish(output as Value);
  const ends = several ? endsOf(model, file.model) : [{ name: '', kind: conversion.output }];
  const training = trainingOf(file.compiled, ends, context.penalties, warnings);
  return ok({
    format: file.format,
    network,
    training,
    weights: writer.weights.size > 0 ? writer.weights : null,
    warnings: [...warnings],
    omitted,
  });
}
