/** @file The folder's door: a typed graph of ONNX operators, its derivatives, its encoding and its session. */
export * as calculus from './calculus.ts';
export { bytesOf, flopsOf } from './cost.ts';
export { gradients } from './derivatives.ts';
export { type Graph, GraphBuilder, type GraphInput, GraphShapeError, type Scope } from './graph.ts';
export type {
  Convolution,
  Node,
  Operator,
  OperatorAttributes,
  Shape,
  SliceAttributes,
  Tensor,
} from './nodes.ts';
export { encodeOnnx } from './onnx.ts';
export { readModel as decodeOnnx, readNotes } from './onnx_schema.ts';
export { sizeOf } from './operators.ts';
export { scan } from './scan.ts';
export { createSession, type Session, sessionsInUse } from './session.ts';
