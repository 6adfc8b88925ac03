/** @file Every layer that the service knows, and the schema of a layer. A new one is a file beside this and a line here. */
import { z } from 'zod';
import { present } from '../../util/assert.ts';
import { defineKind } from '../../util/kind.ts';
import { activation } from './activation.ts';
import { averagePool2d } from './average_pool2d.ts';
import { batchNorm } from './batch_norm.ts';
import { conv1d } from './conv1d.ts';
import { conv2d } from './conv2d.ts';
import { dense } from './dense.ts';
import { dropout } from './dropout.ts';
import { embedding } from './embedding.ts';
import { flatten } from './flatten.ts';
import { gaussianNoise } from './gaussian_noise.ts';
import { globalAveragePool1d } from './global_average_pool1d.ts';
import { globalAveragePool2d } from './global_average_pool2d.ts';
import { gru } from './gru.ts';
import type { Family, LayerPart } from './layer.ts';
import { layerNorm } from './layer_norm.ts';
import { lstm } from './lstm.ts';
import { maxPool2d } from './max_pool2d.ts';
import { positionalEmbedding } from './positional_embedding.ts';
import { repeat } from './repeat.ts';
import { reshape } from './reshape.ts';
import { residual } from './residual.ts';
import { rmsNorm } from './rms_norm.ts';
import { selfAttention } from './self_attention.ts';
import { simpleRnn } from './simple_rnn.ts';

const layerParts = [
  dense,
  conv1d,
  conv2d,
  maxPool2d,
  averagePool2d,
  globalAveragePool1d,
  globalAveragePool2d,
  embedding,
  positionalEmbedding,
  simpleRnn,
  lstm,
  gru,
  selfAttention,
  activation,
  batchNorm,
  layerNorm,
  rmsNorm,
  dropout,
  gaussianNoise,
  flatten,
  reshape,
  residual,
  repeat,
] as const;

export const layerKind = defineKind(layerParts);

export type LayerType = (typeof layerParts)[number]['type'];

const families = new Map<LayerType, Family>(layerParts.map(({ type, family }) => [type, family]));

export const familyOf = (type: LayerType): Family => present(families.get(type), type);

/** A validated layer of the request: its type, its options and, in composites, the layers inside. */
export interface LayerConfig {
  readonly type: LayerType;
  readonly name?: string | undefined;
  readonly layers?: readonly LayerConfig[] | undefined;
  readonly [option: string]: unknown;
}

const nameOption = z
  .string()
  .regex(/^[A-Za-z][A-Za-z0-9_.-]{0,63}$/, 'a letter, then letters, digits, "_", "." or "-", at most 64')
  .optional()
  .describe('Default: the type and a number, such as dense_1');

const layerObject = (part: LayerPart) =>
  z
    .strictObject({
      type: z.literal(part.type),
      name: nameOption,
      ...part.options,
      // A getter, because a composite holds what this list defines.
      ...(part.composite === undefined
        ? {}
        : {
            get layers() {
              return z.array(layerSchema).min(1).describe('The layers inside');
            },
          }),
    })
    .meta({ title: part.title, description: part.formula ?? part.title });

export const layerSchema: z.ZodType<LayerConfig> = z.lazy(() => layerUnion).meta({ id: 'Layer' });

const layerUnion = z.discriminatedUnion(
  'type',
  layerParts.map((part) => layerObject(part)) as never,
) as z.ZodType<LayerConfig>;
