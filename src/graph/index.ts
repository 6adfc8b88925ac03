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
export { encodeOnnx } from './onnx.ts';
export { readModel as decodeOnnx, readNotes } from './onnx_schema.ts';
export {
  type Convolution,
  type Operator,
  type OperatorAttributes,
  type Shape,
  type SliceAttributes,
  sizeOf,
} from './operators.ts';
export { scan } from './scan.ts';
export { createSession, type Session, sessionsInUse } from './session.ts';
