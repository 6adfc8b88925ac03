/** @file The folder's door: the catalogue of remedies, their patches and what verification makes of them. */

export { effortOf, remedies } from './catalogue/index.ts';
export { changeActivation, fittingInitializer, insertNormalization } from './edit.ts';
export { type Goal, goalOf, goals, goalValue } from './goals.ts';
export { patchBetween } from './patch.ts';
export { applyRemedy, type Candidate, propose } from './propose.ts';
export { byCures, isPointless } from './ranking.ts';
export { applyParts, type Part, type Recipe, recipesFor } from './recipes.ts';
export { type Dose, type Effort, efforts, type Remedy } from './remedy.ts';
export {
  type Effect,
  effectSchema,
  type Patch,
  patchSchema,
  snippetsSchema,
  type Verification,
  verificationSchema,
} from './verification.ts';
export { type Arm, createArm, criteria, effectsOf, interval, verify } from './verify.ts';
