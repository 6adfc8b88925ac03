/** @file The part of onnx.proto (ONNX IR version 8) that is written and read, as a protobufjs descriptor. */
import { createHash } from 'node:crypto';
import protobuf from 'protobufjs';

const string = (id: number) => ({ type: 'string', id });
const message = (type: string, id: number) => ({ type, id });
const repeated = (type: string, id: number) => ({ rule: 'repeated', type, id });
const packed = (type: string, id: number) => ({ rule: 'repeated', type, id, options: { packed: true } });

/** Field numbers from https://github.com/onnx/onnx/blob/v1.16.0/onnx/onnx.proto */
const root = protobuf.Root.fromJSON({
  nested: {
    AttributeProto: {
      fields: {
        name: string(1),
        f: message('float', 2),
        i: message('int64', 3),
        s: { type: 'bytes', id: 4 },
        t: message('TensorProto', 5),
        g: message('GraphProto', 6),
        floats: packed('float', 7),
        ints: packed('int64', 8),
        strings: repeated('bytes', 9),
        type: message('int32', 20),
      },
    },
    ValueInfoProto: { fields: { name: string(1), type: message('TypeProto', 2) } },
    TypeProto: {
      fields: { tensorType: message('TensorTypeProto', 1), sequenceType: message('SequenceTypeProto', 4) },
    },
    SequenceTypeProto: { fields: { elemType: message('TypeProto', 1) } },
    TensorTypeProto: { fields: { elemType: message('int32', 1), shape: message('TensorShapeProto', 2) } },
    TensorShapeProto: { fields: { dim: repeated('Dimension', 1) } },
    Dimension: { fields: { dimValue: message('int64', 1), dimParam: string(2) } },
    NodeProto: {
      fields: {
        input: repeated('string', 1),
        output: repeated('string', 2),
        name: string(3),
        opType: string(4),
        attribute: repeated('AttributeProto', 5),
        domain: string(7),
      },
    },
    TensorProto: {
      fields: {
        dims: packed('int64', 1),
        dataType: message('int32', 2),
        floatData: packed('float', 4),
        int32Data: packed('int32', 5),
        int64Data: packed('int64', 7),
        name: string(8),
        rawData: message('bytes', 9),
        doubleData: packed('double', 10),
      },
    },
    GraphProto: {
      fields: {
        node: repeated('NodeProto', 1),
        name: string(2),
        initializer: repeated('TensorProto', 5),
        input: repeated('ValueInfoProto', 11),
        output: repeated('ValueInfoProto', 12),
      },
    },
    OperatorSetIdProto: { fields: { domain: string(1), version: message('int64', 2) } },
    ModelProto: {
      fields: {
        irVersion: message('int64', 1),
        producerName: string(2),
        graph: message('GraphProto', 7),
        opsetImport: repeated('OperatorSetIdProto', 8),
        metadataProps: repeated('StringStringEntryProto', 14),
      },
    },
    StringStringEntryProto: { fields: { key: string(1), value: string(2) } },
    /** A ModelProto whose graph stays as its bytes are. */
    Envelope: {
      fields: {
        irVersion: message('int64', 1),
        producerName: string(2),
        graph: message('bytes', 7),
        opsetImport: repeated('OperatorSetIdProto', 8),
        metadataProps: repeated('StringStringEntryProto', 14),
      },
    },
  },
});

/** The note that binds all others to the graph. */
const GRAPH_HASH = 'gradclinic.graph_sha256';

const sha256 = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex');

/** Serializes a ModelProto given with the field names above. */
export function writeModel(model: Record<string, unknown>): Uint8Array {
  return root.lookupType('ModelProto').encode(model).finish();
}

/**
 * The same with notes beside the graph (`metadata_props`), and its hash, by which a reader sees whether they still fit.
 * @param notes keys and texts
 */
export function writeNotedModel(
  { graph, ...rest }: Record<string, unknown>,
  notes: ReadonlyMap<string, string>,
): Uint8Array {
  const bytes = root
    .lookupType('GraphProto')
    .encode(graph as Record<string, unknown>)
    .finish();
  const metadataProps = [...notes, [GRAPH_HASH, sha256(bytes)]].map(([key, value]) => ({ key, value }));
  return root
    .lookupType('Envelope')
    .encode({ ...rest, graph: bytes, metadataProps })
    .finish();
}

/** The notes of an ONNX file whose graph is as this service wrote it; null where another program changed it, or wrote it. */
export function readNotes(bytes: Uint8Array): ReadonlyMap<string, string> | null {
  const type = root.lookupType('Envelope');
  const { graph, metadataProps } = type.toObject(type.decode(bytes), { defaults: true, arrays: true }) as {
    graph: Uint8Array;
    metadataProps: readonly { key: string; value: string }[];
  };
  const notes = new Map(metadataProps.map(({ key, value }) => [key, value]));
  return notes.get(GRAPH_HASH) === sha256(graph) ? notes : null;
}

/** The opposite, of any ONNX file: fields that are left out have their default. Throws where the bytes are none. */
export function readModel(bytes: Uint8Array): Record<string, unknown> {
  const type = root.lookupType('ModelProto');
  return type.toObject(type.decode(bytes), { longs: Number, defaults: true, arrays: true });
}
