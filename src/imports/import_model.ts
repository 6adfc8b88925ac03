/** @file The bytes of a model file → its network, training and weights, or why not. */
import { fail } from '../util/result.ts';
import { parseJson } from './bytes.ts';
import { importArchive, importHdf5 } from './keras/archive.ts';
import { convertKeras } from './keras/convert.ts';
import { findModel } from './keras/json.ts';
import { type ImportResult, ModelUnreadable } from './model.ts';
import { importOnnx } from './onnx/convert.ts';

const startsWith = (bytes: Uint8Array, text: string): boolean =>
  Buffer.from(bytes.subarray(0, text.length)).toString('latin1') === text;

const isJson = (bytes: Uint8Array): boolean =>
  /^(\xef\xbb\xbf)?\s*[{"]/.test(Buffer.from(bytes.subarray(0, 256)).toString('latin1'));

function importJson(bytes: Uint8Array, openSize: number | null): ImportResult {
  const { fromTensorFlowJs, ...found } = findModel(parseJson(bytes));
  return convertKeras({
    ...found,
    format: fromTensorFlowJs ? 'tensorflowjs_json' : 'keras_json',
    weights: null,
    openSize,
    warnings: [
      fromTensorFlowJs
        ? 'the weights of a TensorFlow.js model are in other files: it starts from new ones'
        : 'to_json() has no weights: it starts from new ones; a .keras archive has them',
    ],
  });
}

async function read(bytes: Uint8Array, openSize: number | null): Promise<ImportResult> {
  if (bytes.length === 0) throw new ModelUnreadable('the body is empty: send the bytes of a model');
  if (isJson(bytes)) return importJson(bytes, openSize);
  // ONNX' first field is ir_version, a small number.
  if (bytes[0] === 0x08 && (bytes[1] ?? 0xff) < 0x20) return importOnnx(bytes, openSize);
  if (startsWith(bytes, 'PK\x03\x04')) return importArchive(bytes, openSize);
  if (startsWith(bytes, '\x89HDF\r\n\x1a\n')) return importHdf5(bytes, openSize);
  if (startsWith(bytes, '\x80'))
    throw new ModelUnreadable(
      'this is a pickle, which can run code when it is loaded; export the model to ONNX',
    );
  throw new ModelUnreadable(
    'this is no model that can be read; send Keras JSON (model.to_json()), a .keras archive, or an ONNX file',
  );
}

/** Nothing of the model is run. @param openSize of axes of the inputs whose size the file leaves open */
export async function importModel(bytes: Uint8Array, openSize: number | null = null): Promise<ImportResult> {
  try {
    return await read(bytes, openSize);
  } catch (error) {
    // Of the stack, or of an array's length.
    if (error instanceof RangeError)
      return fail({ code: 'file_unreadable', message: 'the model is nested too deeply, or too large' });
    if (!(error instanceof ModelUnreadable)) throw error;
    return fail({ code: 'file_unreadable', message: error.message });
  }
}
