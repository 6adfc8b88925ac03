/** @file Bodies of uploads: files, nearly files, what is none, and what does harm where it is believed. */
import { readFileSync } from 'node:fs';
import { gzipSync } from 'node:zlib';
import fc from 'fast-check';
import { strToU8, zipSync } from 'fflate';
import { sequential3 } from '../imports/models.ts';

const fixture = (path: string): Buffer => readFileSync(new URL(`../${path}`, import.meta.url));

const texts = [
  'a,b,label\n1,2,x\n3,4,y\n5,6,x\n',
  'a;b\n1,5;2\n2,5;3\n',
  'a,b\n1,2\n3\n',
  'a,a\n1,2\n',
  'x\n"unclosed',
  '{"a": 1}\n{"a": 2}\n',
  '{"a": 1}\nnothing',
  '{"class_name": "Sequential"}',
  'PAR1 nothing PAR1',
  'PK\u0003\u0004 no archive',
  '\u0000\u0001\u0002',
  `${'c,'.repeat(10_000)}c\n`,
  '',
  ' ',
];

const lambda = {
  kind: 'Lambda',
  name: 'code',
  options: { function: { class_name: '__lambda__', config: { code: '4wEAAAAA' } } },
};
const kerasArchive = (weights: Uint8Array): Uint8Array =>
  zipSync({
    'config.json': strToU8(JSON.stringify(sequential3([2], [lambda]))),
    'model.weights.h5': weights,
  });

/** A header of safetensors that says it is longer than any file. */
const endlessHeader = Buffer.concat([Buffer.alloc(8, 0xff), Buffer.from('{}')]);

const harmful: readonly Uint8Array[] = [
  zipSync({ '../../etc/cat/1.png': new Uint8Array(8), 'cat/2.png': new Uint8Array(8) }),
  zipSync({ 'cat/bomb.png': new Uint8Array(8 * 2 ** 20) }),
  zipSync({ 'x_train.npy': new Uint8Array(8 * 2 ** 20) }),
  gzipSync(Buffer.alloc(8 * 2 ** 20)),
  kerasArchive(strToU8('no weights')),
  kerasArchive(new Uint8Array(8 * 2 ** 20)),
  // A pickle that would run a command, as a body and as the objects of an array.
  Buffer.from('\u0080\u0004cos\nsystem\n(S"true"\ntR.', 'latin1'),
  Buffer.from(
    `\u0093NUMPY\u0001\u0000v\u0000${"{'descr': '|O', 'fortran_order': False, 'shape': (1,)}".padEnd(117)}\ncos\nsystem\n(S"true"\ntR.`,
    'latin1',
  ),
  endlessHeader,
];

const whole: readonly Uint8Array[] = [
  fixture('imports/fixtures/torch_mlp.onnx'),
  fixture('imports/fixtures/torch_open_sequence.onnx'),
  zipSync({ 'config.json': strToU8(JSON.stringify(sequential3([null, 3], [lambda]))) }),
];

/** Cut off, and with bytes turned over. */
const broken = fc
  .record({
    file: fc.constantFrom(...whole, ...harmful),
    cut: fc.double({ min: 0, max: 1, noNaN: true }),
    bytes: fc.array(fc.tuple(fc.nat(), fc.nat(255)), { maxLength: 6 }),
  })
  .map(({ file, cut, bytes }) => {
    const copy = Buffer.from(file.subarray(0, Math.ceil(file.length * Math.sqrt(cut))));
    for (const [at, value] of bytes) if (copy.length > 0) copy[at % copy.length] = value;
    return copy;
  });

export const uploads: fc.Arbitrary<string | Buffer> = fc.oneof(
  fc.constantFrom(...texts),
  fc.constantFrom(...harmful).map((bytes) => Buffer.from(bytes)),
  broken,
);
