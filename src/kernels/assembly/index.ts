/** @file The module's exports. Written in AssemblyScript: TypeScript's syntax, WebAssembly's types and vector instructions. */
export { measure, squaredDeviations } from './measure';
export { adagrad, adam, lion, nadam, rmsprop, sgd } from './optimizers';
export { moments, scale, sumOfSquares } from './statistics';
export { countSaturated, markAlive } from './units';

/** Where free memory begins. */
export function heapBase(): usize {
  return __heap_base;
}
