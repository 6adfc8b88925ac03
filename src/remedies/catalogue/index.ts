/** @file Every remedy that the service knows. A new one is a file beside this and a line here. */
import { present } from '../../util/assert.ts';
import type { Effort, Remedy } from '../remedy.ts';
import { addBatchNorm } from './add_batch_norm.ts';
import { addDropout } from './add_dropout.ts';
import { addHiddenLayer } from './add_hidden_layer.ts';
import { addL1Regularization } from './add_l1_regularization.ts';
import { addL2Regularization } from './add_l2_regularization.ts';
import { addLayerNorm } from './add_layer_norm.ts';
import { addPositionalEmbedding } from './add_positional_embedding.ts';
import { addResidualConnections } from './add_residual_connections.ts';
import { balanceClasses } from './balance_classes.ts';
import { clipGradients } from './clip_gradients.ts';
import { increaseBatchSize } from './increase_batch_size.ts';
import { keepLearningRate } from './keep_learning_rate.ts';
import { keepPositions } from './keep_positions.ts';
import { lowerBatchNormMomentum } from './lower_batch_norm_momentum.ts';
import { lowerLearningRate } from './lower_learning_rate.ts';
import { matchLossToOutput } from './match_loss_to_output.ts';
import { narrowLayers } from './narrow_layers.ts';
import { raiseClippingLimit } from './raise_clipping_limit.ts';
import { raiseLearningRate } from './raise_learning_rate.ts';
import { reduceBatchSize } from './reduce_batch_size.ts';
import { reduceDropout } from './reduce_dropout.ts';
import { reduceRegularization } from './reduce_regularization.ts';
import { reinitializeWeights } from './reinitialize_weights.ts';
import { removeHiddenLayers } from './remove_hidden_layers.ts';
import { removeNormalization } from './remove_normalization.ts';
import { resetAverages } from './reset_averages.ts';
import { setForgetBias } from './set_forget_bias.ts';
import { setLearningRate } from './set_learning_rate.ts';
import { shuffleData } from './shuffle_data.ts';
import { standardizeInputs } from './standardize_inputs.ts';
import { standardizeTargets } from './standardize_targets.ts';
import { stopEarly } from './stop_early.ts';
import { tailorActivation } from './tailor_activation.ts';
import { trainLonger } from './train_longer.ts';
import { useAdam } from './use_adam.ts';
import { useCrossEntropy } from './use_cross_entropy.ts';
import { useElu } from './use_elu.ts';
import { useGelu } from './use_gelu.ts';
import { useGru } from './use_gru.ts';
import { useLayerNorm } from './use_layer_norm.ts';
import { useLeakyRelu } from './use_leaky_relu.ts';
import { useLinearOutput } from './use_linear_output.ts';
import { useLstm } from './use_lstm.ts';
import { usePreNorm } from './use_pre_norm.ts';
import { usePrelu } from './use_prelu.ts';
import { useRelu } from './use_relu.ts';
import { useRmsprop } from './use_rmsprop.ts';
import { useSelu } from './use_selu.ts';
import { useSilu } from './use_silu.ts';
import { warmUpLearningRate } from './warm_up_learning_rate.ts';
import { widenLayers } from './widen_layers.ts';

const all = [
  useRelu,
  useLeakyRelu,
  usePrelu,
  useElu,
  useSelu,
  useGelu,
  useSilu,
  tailorActivation,
  addBatchNorm,
  addLayerNorm,
  addResidualConnections,
  usePreNorm,
  addHiddenLayer,
  widenLayers,
  narrowLayers,
  removeHiddenLayers,
  addPositionalEmbedding,
  keepPositions,
  useLayerNorm,
  removeNormalization,
  useLstm,
  useGru,
  reinitializeWeights,
  setForgetBias,
  addL1Regularization,
  addL2Regularization,
  reduceRegularization,
  clipGradients,
  raiseClippingLimit,
  useAdam,
  useRmsprop,
  setLearningRate,
  resetAverages,
  lowerLearningRate,
  raiseLearningRate,
  warmUpLearningRate,
  keepLearningRate,
  addDropout,
  reduceDropout,
  standardizeInputs,
  standardizeTargets,
  matchLossToOutput,
  useLinearOutput,
  useCrossEntropy,
  balanceClasses,
  shuffleData,
  increaseBatchSize,
  reduceBatchSize,
  lowerBatchNormMomentum,
  stopEarly,
  trainLonger,
] as const satisfies readonly Remedy[];

export type RemedyName = (typeof all)[number]['remedy'];

export const remedies: readonly Remedy<RemedyName>[] = all;

/** @throws where there is no such remedy */
export const effortOf = (name: string): Effort =>
  present(
    remedies.find(({ remedy }) => remedy === name),
    name,
  ).effort;
