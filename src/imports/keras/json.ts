/** @file Where the model stands in a JSON text: Keras' `to_json()`, `config.json` of an archive, TensorFlow.js' `model.json`. */
import { ModelUnreadable } from '../model.ts';
import { isObject, type Json } from './config.ts';
import { modelClasses } from './model.ts';

export interface Found {
  readonly model: Json;
  readonly pointer: string;
  readonly version: 2 | 3;
  readonly compiled: Json | null;
  readonly fromTensorFlowJs: boolean;
}

const isModel = (value: unknown): value is Json =>
  isObject(value) && typeof value.class_name === 'string' && value.config !== undefined;

const objectOr = (value: unknown): Json | null => (isObject(value) ? value : null);

/** Keras 3 names the module of everything; Keras 2 the version of itself. */
function versionOf(model: Json): 2 | 3 {
  if (typeof model.keras_version === 'string') return model.keras_version.startsWith('3') ? 3 : 2;
  return model.module === undefined ? 2 : 3;
}

/** @throws ModelUnreadable */
export function findModel(value: unknown): Found {
  if (!isObject(value)) throw new ModelUnreadable('the JSON is no object, so it is no model');
  const topology = objectOr(value.modelTopology);
  const inner = topology === null ? undefined : topology.model_config;
  const places: readonly (readonly [unknown, string])[] = [
    [value, ''],
    [inner, '/modelTopology/model_config'],
    [topology, '/modelTopology'],
    [value.model_config, '/model_config'],
  ];
  const found = places.find(([candidate]) => isModel(candidate));
  if (found === undefined)
    throw new ModelUnreadable(
      value.format === 'graph-model'
        ? 'this is a graph model of TensorFlow.js, which has no layers; convert it to a layers model'
        : 'the JSON has no class_name and config, as a Keras model has',
    );
  const [model, pointer] = found as readonly [Json, string];
  if (!modelClasses.has(model.class_name as string) && !isFunctional(model))
    throw new ModelUnreadable(
      `the model is of the class ${JSON.stringify(String(model.class_name).slice(0, 100))}, whose code is not in the file; ` +
        'save a Sequential or Functional model',
    );
  const compiled =
    objectOr(model.compile_config) ?? objectOr(topology?.training_config) ?? objectOr(value.training_config);
  const whole = { ...(topology ?? {}), ...value, ...model };
  return { model, pointer, version: versionOf(whole), compiled, fromTensorFlowJs: topology !== null };
}

/** A subclass that was saved with all its layers. */
const isFunctional = ({ config }: Json): boolean =>
  isObject(config) && Array.isArray(config.layers) && config.input_layers !== undefined;
