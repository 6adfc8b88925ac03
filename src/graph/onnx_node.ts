/** @file The pieces that ONNX models are written with. */

/** TensorProto.DataType */
export const elementTypes = { float32: 1, int64: 7, bool: 9 } as const;
/** AttributeProto.AttributeType */
const attributeTypes = { float: 1, int: 2, string: 3, graph: 5, ints: 7 } as const;

export type AttributeValue =
  | number
  | { readonly float: number }
  | string
  | readonly number[]
  | { readonly graph: unknown };

function attribute(name: string, value: AttributeValue) {
  if (typeof value === 'number') return { name, type: attributeTypes.int, i: value };
  if (typeof value === 'string') return { name, type: attributeTypes.string, s: Buffer.from(value) };
  if (typeof value === 'object' && 'float' in value)
    return { name, type: attributeTypes.float, f: value.float };
  if ('graph' in value) return { name, type: attributeTypes.graph, g: value.graph };
  return { name, type: attributeTypes.ints, ints: value };
}

export const onnxNode = (
  opType: string,
  input: readonly string[],
  output: readonly string[],
  attributes: Record<string, AttributeValue> = {},
  domain = '',
) => ({
  ...(domain !== '' && { domain }),
  opType,
  input,
  output,
  attribute: Object.entries(attributes).map(([name, value]) => attribute(name, value)),
});

export const bytes = (array: ArrayBufferView) =>
  new Uint8Array(array.buffer, array.byteOffset, array.byteLength);
