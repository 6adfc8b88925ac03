/** @file Every layer that the service knows, and the schema of a layer. A new one is a file beside this and a line here. */
import { z } from 'zod';
import { present } from '../../util/assert.ts';
import { defineKind } from '../../util/kind.ts';
import { list } from '../../util/list.ts';
import { activation } from './activation.ts';
import { add } from './add.ts';
import { auxiliaryLoss } from './auxiliary_loss.ts';
import { average } from './average.ts';
import { averagePool1d } from './average_pool1d.ts';
import { averagePool2d } from './average_pool2d.ts';
import { averagePool3d } from './average_pool3d.ts';
import { batchNorm } from './batch_norm.ts';
import { bidirectional } from './bidirectional.ts';
import { classToken } from './class_token.ts';
import { concatenate } from './concatenate.ts';
import { conv1d } from './conv1d.ts';
import { conv1dTranspose } from './conv1d_transpose.ts';
import { conv2d } from './conv2d.ts';
import { conv2dTranspose } from './conv2d_transpose.ts';
import { conv3d } from './conv3d.ts';
import { dense } from './dense.ts';
import { depthwiseConv2d } from './depthwise_conv2d.ts';
import { dot } from './dot.ts';
import { dropPath } from './drop_path.ts';
import { dropout } from './dropout.ts';
import { embedding } from './embedding.ts';
import { flatten } from './flatten.ts';
import { gaussianNoise } from './gaussian_noise.ts';
import { globalAveragePool1d } from './global_average_pool1d.ts';
import { globalAveragePool2d } from './global_average_pool2d.ts';
import { globalAveragePool3d } from './global_average_pool3d.ts';
import { globalMaxPool1d } from './global_max_pool1d.ts';
import { globalMaxPool2d } from './global_max_pool2d.ts';
import { globalMaxPool3d } from './global_max_pool3d.ts';
import { groupNorm } from './group_norm.ts';
import { gru } from './gru.ts';
import { instanceNorm } from './instance_norm.ts';
import type { Family, LayerPart } from './layer.ts';
import { layerNorm } from './layer_norm.ts';
import { layerScale } from './layer_scale.ts';
import { lstm } from './lstm.ts';
import { masking } from './masking.ts';
import { maxPool1d } from './max_pool1d.ts';
import { maxPool2d } from './max_pool2d.ts';
import { maxPool3d } from './max_pool3d.ts';
import { maximum } from './maximum.ts';
import { multiHeadAttention } from './multi_head_attention.ts';
import { multiply } from './multiply.ts';
import { outputs } from './outputs.ts';
import { padding1d } from './padding1d.ts';
import { padding2d } from './padding2d.ts';
import { penalty } from './penalty.ts';
import { permute } from './permute.ts';
import { positionalEmbedding } from './positional_embedding.ts';
import { repeat } from './repeat.ts';
import { repeatVector } from './repeat_vector.ts';
import { rescaling } from './rescaling.ts';
import { reshape } from './reshape.ts';
import { residual } from './residual.ts';
import { reverse } from './reverse.ts';
import { rmsNorm } from './rms_norm.ts';
import { selfAttention } from './self_attention.ts';
import { separableConv2d } from './separable_conv2d.ts';
import { shared } from './shared.ts';
import { simpleRnn } from './simple_rnn.ts';
import { slice } from './slice.ts';
import { spatialDropout1d } from './spatial_dropout1d.ts';
import { spatialDropout2d } from './spatial_dropout2d.ts';
import { stopGradient } from './stop_gradient.ts';
import { subtract } from './subtract.ts';
import { timeDistributed } from './time_distributed.ts';
import { upSampling1d } from './up_sampling1d.ts';
import { upSampling2d } from './up_sampling2d.ts';
import { zeroPadding1d } from './zero_padding1d.ts';
import { zeroPadding2d } from './zero_padding2d.ts';

const layerParts = [
  dense,
  conv1d,
  conv2d,
  conv3d,
  depthwiseConv2d,
  separableConv2d,
  conv1dTranspose,
  conv2dTranspose,
  zeroPadding1d,
  zeroPadding2d,
  padding1d,
  padding2d,
  maxPool1d,
  maxPool2d,
  maxPool3d,
  averagePool1d,
  averagePool2d,
  averagePool3d,
  globalAveragePool1d,
  globalAveragePool2d,
  globalAveragePool3d,
  globalMaxPool1d,
  globalMaxPool2d,
  globalMaxPool3d,
  upSampling1d,
  upSampling2d,
  embedding,
  positionalEmbedding,
  classToken,
  masking,
  simpleRnn,
  lstm,
  gru,
  bidirectional,
  selfAttention,
  multiHeadAttention,
  activation,
  batchNorm,
  layerNorm,
  rmsNorm,
  groupNorm,
  instanceNorm,
  rescaling,
  layerScale,
  dropout,
  spatialDropout1d,
  spatialDropout2d,
  dropPath,
  gaussianNoise,
  penalty,
  stopGradient,
  flatten,
  reshape,
  permute,
  slice,
  reverse,
  repeatVector,
  add,
  subtract,
  multiply,
  average,
  maximum,
  dot,
  concatenate,
  auxiliaryLoss,
  outputs,
  residual,
  timeDistributed,
  repeat,
  shared,
] as const;

export const layerKind = defineKind(layerParts);

export type LayerType = (typeof layerParts)[number]['type'];

const families = new Map<LayerType, Family>(layerParts.map(({ type, family }) => [type, family]));

export const familyOf = (type: LayerType): Family => present(families.get(type), type);

const references = new Map<LayerType, string | undefined>(
  layerParts.map((part: LayerPart) => [part.type as LayerType, part.reference]),
);

/** The option of such layers that names a layer whose weights they use; undefined where they have none. */
export const referenceOf = (type: LayerType): string | undefined => references.get(type);

/** A validated layer of the request: its type, its options and, in composites, the layers inside. */
export interface LayerConfig {
  readonly type: LayerType;
  readonly name?: string | undefined;
  readonly inputs?: readonly string[] | undefined;
  readonly layers?: readonly LayerConfig[] | undefined;
  readonly [option: string]: unknown;
}

const nameOption = z
  .string()
  .regex(/^[A-Za-z][A-Za-z0-9_.-]{0,63}$/, 'a letter, then letters, digits, "_", "." or "-", at most 64')
  .optional()
  .describe('Default: the type and a number, such as dense_1');

const inputsOption = list(z.string().min(1).max(80))
  .min(1)
  .max(64)
  .optional()
  .describe(
    'Names of the layers above it, or of the inputs of the network, from which it takes its input. Inside another layer, `input` is the input of that layer. Default: the layer before it',
  );

const layerObject = (part: LayerPart) =>
  z
    .strictObject({
      type: z.literal(part.type),
      name: nameOption,
      inputs: inputsOption,
      ...part.options,
      // A getter, because a composite holds what this list defines.
      ...(part.composite === undefined
        ? {}
        : {
            get layers() {
              return list(layerSchema).min(1).describe('The layers inside');
            },
          }),
    })
    .meta({ title: part.title, description: part.formula ?? part.title });

export const layerSchema: z.ZodType<LayerConfig> = z.lazy(() => layerUnion).meta({ id: 'Layer' });

const layerUnion = z.discriminatedUnion(
  'type',
  layerParts.map((part) => layerObject(part)) as never,
) as z.ZodType<LayerConfig>;
