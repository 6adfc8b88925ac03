/** @file What an import gives: a network and training in the service's words, or everything that has none. */
import type { LayerConfig } from '../network/index.ts';
import type { Result } from '../util/result.ts';
import type { NamedTensor } from '../util/safetensors.ts';

export const modelFormats = [
  'keras_json',
  'tensorflowjs_json',
  'keras_archive',
  'keras_hdf5',
  'onnx',
] as const;

export type ModelFormat = (typeof modelFormats)[number];

/** A part of the model that this service cannot express. */
export interface UnsupportedPart {
  /** JSON Pointer into the model's own description; of ONNX files as if they were JSON. */
  readonly pointer: string;
  /** In the words of the model's framework. */
  readonly class: string;
  readonly name: string;
  readonly message: string;
  /** The nearest that can be expressed; null where nothing is near. */
  readonly alternative: string | null;
}

/** A part that has no counterpart and needs none, because outputs are the same without it. */
export interface OmittedPart {
  readonly class: string;
  readonly name: string;
  readonly reason: string;
}

export interface NetworkInputs {
  readonly shape: readonly number[];
  readonly dtype: 'float32' | 'token';
}

export interface ImportedNetwork {
  readonly input?: NetworkInputs;
  readonly inputs?: Readonly<Record<string, NetworkInputs>>;
  readonly layers: readonly LayerConfig[];
}

/** `training` of an experiment, as far as a model can tell. */
export type ImportedTraining = Readonly<Record<string, unknown>>;

export interface ImportedModel {
  readonly format: ModelFormat;
  readonly network: ImportedNetwork;
  readonly training: ImportedTraining;
  /** By the names of this service; null where the file has none. */
  readonly weights: ReadonlyMap<string, NamedTensor> | null;
  readonly warnings: readonly string[];
  readonly omitted: readonly OmittedPart[];
}

export type ImportFailure =
  | { readonly code: 'file_unreadable'; readonly message: string }
  | { readonly code: 'unsupported_model'; readonly parts: readonly UnsupportedPart[] };

export type ImportResult = Result<ImportedModel, ImportFailure>;

/** Thrown where a file is no model, or is broken. */
export class ModelUnreadable extends Error {
  override name = 'ModelUnreadable';
}

/** Thrown where a part cannot be expressed. */
export class Unsupported extends Error {
  override name = 'Unsupported';
  readonly alternative: string | null;
  constructor(message: string, alternative: string | null = null) {
    super(message);
    this.alternative = alternative;
  }
}

/** Thrown where shapes do not fit: after another part was not understood, that means nothing. */
export class Misfit extends Unsupported {
  override name = 'Misfit';
}

/** What to do about sizes that the file leaves open, such as the number of time steps. */
export const GIVE_SIZE = 'give the size of all such axes: open_size, as in POST /v1/imports?open_size=100';
