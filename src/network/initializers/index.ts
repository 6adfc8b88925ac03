/** @file Every initializer that the service knows. A new one is a file beside this and a line here. */
import type { z } from 'zod';
import { defineKind } from '../../util/kind.ts';
import { constant } from './constant.ts';
import { glorotNormal } from './glorot_normal.ts';
import { glorotUniform } from './glorot_uniform.ts';
import { heNormal } from './he_normal.ts';
import { heUniform } from './he_uniform.ts';
import { identity } from './identity.ts';
import { lecunNormal } from './lecun_normal.ts';
import { lecunUniform } from './lecun_uniform.ts';
import { lsuv } from './lsuv.ts';
import { normal } from './normal.ts';
import { ones } from './ones.ts';
import { orthogonal } from './orthogonal.ts';
import { torchDefault } from './torch_default.ts';
import { truncatedNormal } from './truncated_normal.ts';
import { uniform } from './uniform.ts';
import { varianceScaling } from './variance_scaling.ts';
import { zeros } from './zeros.ts';

export const initializerKind = defineKind([
  zeros,
  ones,
  constant,
  normal,
  uniform,
  truncatedNormal,
  glorotUniform,
  glorotNormal,
  heUniform,
  heNormal,
  lecunUniform,
  lecunNormal,
  orthogonal,
  identity,
  varianceScaling,
  torchDefault,
  lsuv,
]);

/** As a validated request names it. */
export type InitializerConfig = z.output<typeof initializerKind.schema>;
