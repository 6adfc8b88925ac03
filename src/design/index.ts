/** @file The folder's door: functions for activations, made and foreseen without training. */
export { formulaOf } from './formula.ts';
export { MAX_NODES } from './grammar.ts';
export { type Designed, type Generation, Population, type Tailored } from './population.ts';
export { type Foresight, foresee } from './prefilter.ts';
