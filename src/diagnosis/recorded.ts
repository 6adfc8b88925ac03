/** @file How a trace from elsewhere records what several rules read. */

export const UPDATES =
  'series of tensor `kernel.update` (`l2_norm`, `ratio_to_weight`) and `kernel` (`l2_norm`) of every layer';
export const GRADIENTS = 'a series of tensor `output_gradient`, metric `rms`, of every layer with parameters';
export const EXPERIMENT = 'the `experiment`';
