/** @file What a graph is made of: tensors, operators with their attributes, numbers, the bodies of loops. Types only. */

/** `scan` is the handle of a loop, whose results are read by `ScanOutput`. */
export type DataType = 'float32' | 'bool' | 'scan';
export type Shape = readonly number[];

type None = Readonly<Record<never, never>>;

/** How a window slides over the spatial axes; one number per axis. */
export interface Convolution {
  readonly strides: readonly number[];
  readonly dilations: readonly number[];
  /** Zeros before and after each axis. */
  readonly before: readonly number[];
  readonly after: readonly number[];
  readonly groups: number;
}

/** Elements start, start + step, … of one axis, `count` of them. */
export interface SliceAttributes {
  readonly axis: number;
  readonly start: number;
  readonly step: number;
  readonly count: number;
}

/**
 * Every operator with its attributes. `StopGradient` is ONNX `Identity`, through which no gradient flows. Some are one
 * way of using their ONNX namesake: `Gather` reads rows of a table at indices that are whole float32 numbers,
 * `ScatterAdd` sums rows into a table of zeros, `Pad` pads with zeros, `ScanOutput` reads a result of a `Scan`.
 */
export interface OperatorAttributes {
  Abs: None;
  Add: None;
  Concat: { readonly axis: number };
  Conv: Convolution;
  /** The adjoint of `Conv` in its first argument; `size` are the spatial axes of the result. */
  ConvTranspose: Convolution & { readonly size: readonly number[] };
  Cos: None;
  Div: None;
  Erf: None;
  Exp: None;
  Expand: { readonly shape: Shape };
  Gather: None;
  Gemm: { readonly transA: boolean; readonly transB: boolean };
  Greater: None;
  GreaterOrEqual: None;
  /** The gradient of a `Conv` with a kernel of this window, from x and the gradient at the result. */
  KernelGradient: Convolution & { readonly window: Shape };
  Less: None;
  LessOrEqual: None;
  Log: None;
  LogSoftmax: { readonly axis: number };
  MatMul: None;
  Max: None;
  Min: None;
  Mul: None;
  Neg: None;
  Pad: { readonly before: readonly number[]; readonly after: readonly number[] };
  Pow: None;
  ReduceSum: { readonly axes: readonly number[]; readonly keepdims: boolean };
  Relu: None;
  Reshape: { readonly shape: Shape };
  /** Inputs: initial states, then sequences [time, …], then what the body captures. */
  Scan: { readonly body: ScanBody; readonly reverse: boolean };
  /** A body's tensor of every iteration, stacked along a new first axis, or a final state. */
  ScanOutput: { readonly stacked: boolean; readonly index: number; readonly shape: Shape };
  ScatterAdd: { readonly rows: number };
  Sigmoid: None;
  Sin: None;
  Slice: SliceAttributes;
  Softmax: { readonly axis: number };
  Softplus: None;
  Sqrt: None;
  StopGradient: None;
  Sub: None;
  Tanh: None;
  Transpose: { readonly perm: readonly number[] };
  Where: None;
}

export type Operator = keyof OperatorAttributes;

/** A value in the graph. `id` grows in order of creation, which is a topological order. */
export interface Tensor {
  readonly id: number;
  readonly shape: Shape;
  readonly dtype: DataType;
}

export interface Node<O extends Operator = Operator> {
  readonly operator: O;
  readonly inputs: readonly Tensor[];
  readonly attributes: OperatorAttributes[O];
  readonly output: Tensor;
}

/** Numbers that are part of the graph. */
export interface Constant {
  readonly shape: Shape;
  /** Large ones are made when they are read: a graph that is only planned allocates none. */
  readonly data: Float32Array;
}

/** One iteration. Its tensors are of a graph of their own. */
export interface ScanBody {
  /** States before the iteration. */
  readonly states: readonly Tensor[];
  /** This iteration's element of every sequence. */
  readonly elements: readonly Tensor[];
  /** Tensors of the graph around it, the same in every iteration. */
  readonly captured: readonly Tensor[];
  /** States after the iteration. */
  readonly next: readonly Tensor[];
  readonly nodes: readonly Node[];
  readonly constants: ReadonlyMap<number, Constant>;
  toJSON(): number;
}
