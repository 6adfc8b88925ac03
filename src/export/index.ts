/** @file The folder's door: an experiment as PyTorch and Keras code, a trained network as an ONNX model. */

export { codeOf } from './code.ts';
export { exportOnnx } from './onnx.ts';
export { torchState } from './torch_state.ts';
