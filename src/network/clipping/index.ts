/** @file Every gradient clipping that the service knows. A new one is a file beside this and a line here. */
import { defineKind } from '../../util/kind.ts';
import { adaptive } from './adaptive.ts';
import { globalNorm } from './global_norm.ts';
import { norm } from './norm.ts';
import { value } from './value.ts';

export const clippingKind = defineKind([globalNorm, norm, value, adaptive]);
