/** @file Every gradient clipping that the service knows. A new one is a file beside this and a line here. */
import { adaptive } from './adaptive.ts';
import { globalNorm } from './global_norm.ts';
import { norm } from './norm.ts';
import { value } from './value.ts';

export const clippingParts = [globalNorm, norm, value, adaptive] as const;
