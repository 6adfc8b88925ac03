/** @file The folder's door: a typed graph of ONNX operators, its derivatives, its encoding and its session. */
export * as calculus from './calculus.ts';
export { bytesOf, flopsOf } from './cost.ts';
export { gradients } from './derivatives.ts';
export {
  type Graph,
  GraphBuilder,
  type GraphInput,
  GraphShapeError,
  type Node,
  type Scope,
  type Tensor,
} from './graph.ts';
export { type Operator, type OperatorAttributes, type Shape, sizeOf } from './operators.ts';
export { createSession, type Session } from './session.ts';
