/** @file The folder's door: functions for activations, made and foreseen without training. */
export { type Designed, Population, type Tailored } from './population.ts';
