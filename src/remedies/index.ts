/** @file The folder's door: the catalogue of remedies, their patches and what verification makes of them. */
export {
  type Effect,
  effectSchema,
  type Patch,
  patchSchema,
  snippetsSchema,
  type Verification,
  verificationSchema,
} from './verification.ts';
