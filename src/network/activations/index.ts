/** @file Every activation that the service knows. A new one is a file beside this and a line here. */
import { defineKind } from '../../util/kind.ts';
import { celu } from './celu.ts';
import { elu } from './elu.ts';
import { exponential } from './exponential.ts';
import { gelu } from './gelu.ts';
import { hardSigmoid } from './hard_sigmoid.ts';
import { hardSwish } from './hard_swish.ts';
import { hardTanh } from './hard_tanh.ts';
import { leakyRelu } from './leaky_relu.ts';
import { linear } from './linear.ts';
import { mish } from './mish.ts';
import { prelu } from './prelu.ts';
import { relu } from './relu.ts';
import { relu6 } from './relu6.ts';
import { selu } from './selu.ts';
import { sigmoid } from './sigmoid.ts';
import { silu } from './silu.ts';
import { sine } from './sine.ts';
import { softmax } from './softmax.ts';
import { softplus } from './softplus.ts';
import { softsign } from './softsign.ts';
import { squaredRelu } from './squared_relu.ts';
import { tanh } from './tanh.ts';

export const activationKind = defineKind([
  linear,
  sigmoid,
  tanh,
  relu,
  relu6,
  leakyRelu,
  prelu,
  elu,
  celu,
  selu,
  gelu,
  silu,
  mish,
  softplus,
  softsign,
  hardSigmoid,
  hardTanh,
  hardSwish,
  exponential,
  sine,
  squaredRelu,
  softmax,
]);
