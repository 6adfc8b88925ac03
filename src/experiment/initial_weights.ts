/** @file Weights that a training starts from, given in the request or in a file: decoded, and held against the network. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { CONTENT, folderOf } from '../files/index.ts';
import type { Parameter, Running } from '../network/index.ts';
import { shortName } from '../util/json.ts';
import { fail, ok, type Result } from '../util/result.ts';
import { decodeSafetensors, type NamedTensor, readSafetensors } from '../util/safetensors.ts';
import type { Problem } from './problems.ts';
import type { Experiment } from './schema.ts';

type Given = NonNullable<Experiment['training']['initial_weights']>;

const pointerOf = (given: Given): string => `/training/initial_weights/${'data' in given ? 'data' : 'file'}`;

/** The safetensors file. */
function bytesOf(given: Given): Result<Uint8Array, string> {
  if ('data' in given) return ok(Buffer.from(given.data, 'base64'));
  const folder = folderOf(given.file);
  return folder === null ? fail(`there is no file ${given.file}`) : ok(readFileSync(join(folder, CONTENT)));
}

/** The tensors of `initial_weights` by name; empty where none are given. @throws where the experiment was not checked */
export function initialWeights({ training }: Experiment): ReadonlyMap<string, NamedTensor> {
  if (training.initial_weights === null) return new Map();
  const bytes = bytesOf(training.initial_weights);
  const decoded = bytes.ok ? decodeSafetensors(bytes.value) : bytes;
  if (!decoded.ok) throw new Error(decoded.error);
  return decoded.value;
}

type Target = Pick<Parameter | Running, 'name' | 'shape'>;

type Entry = Pick<NamedTensor, 'shape'> & { readonly name: string };

function checkTensor(
  pointer: string,
  { name, shape }: Entry,
  targets: ReadonlyMap<string, Target>,
): Problem[] {
  const target = targets.get(name);
  if (target === undefined) {
    const known = [...targets.keys()].slice(0, 20);
    const rest = targets.size > known.length ? ', …' : '';
    return [
      {
        pointer,
        message: `the network has no parameter "${shortName(name)}"`,
        fix: `parameters are: ${known.join(', ')}${rest}`,
      },
    ];
  }
  if (target.shape.join() === shape.join()) return [];
  const message = `"${shortName(name)}" has the shape [${shape.join(', ')}], the network's is [${target.shape.join(', ')}]`;
  return [
    {
      pointer,
      message,
      fix: 'reshape or transpose it; kernels are [in, out], of convolutions [out, in, …]',
    },
  ];
}

/** Nobody reads more. */
const MAX_PROBLEMS = 101;

/** Any subset of the parameters and running averages may be given; unknown names and wrong shapes are refused, by the header alone. */
export function checkInitialWeights({ training }: Experiment, targets: readonly Target[]): Problem[] {
  if (training.initial_weights === null) return [];
  const pointer = pointerOf(training.initial_weights);
  const bytes = bytesOf(training.initial_weights);
  const read = bytes.ok ? readSafetensors(bytes.value) : bytes;
  if (!read.ok) return [{ pointer, message: read.error }];
  const byName = new Map(targets.map((target) => [target.name, target]));
  const problems: Problem[] = [];
  for (const entry of read.value.entries) {
    if (problems.length >= MAX_PROBLEMS) break;
    problems.push(...checkTensor(pointer, entry, byName));
  }
  return problems;
}
