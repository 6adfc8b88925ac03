/** @file The module's exports. Written in AssemblyScript: TypeScript's syntax, WebAssembly's types and vector instructions. */
export { adagrad, adam, lion, nadam, rmsprop, sgd } from './optimizers';
export { absoluteQuantiles } from './quantiles';
export { moments, scale, squaredDeviations, subtract, sumOfSquares } from './statistics';

/** Where free memory begins. */
export function heapBase(): usize {
  return __heap_base;
}
