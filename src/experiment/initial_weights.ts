/** @file Weights that a training starts from, given in the request: decoded, and held against the network. */
import type { Parameter, Running } from '../network/index.ts';
import { shortName } from '../util/json.ts';
import { decodeSafetensors, type NamedTensor, readSafetensors } from '../util/safetensors.ts';
import type { Problem } from './problems.ts';
import type { Experiment } from './schema.ts';

const POINTER = '/training/initial_weights/data';

/** The tensors of `initial_weights` by name; empty where none are given. @throws where the experiment was not checked */
export function initialWeights({ training }: Experiment): ReadonlyMap<string, NamedTensor> {
  if (training.initial_weights === null) return new Map();
  const decoded = decodeSafetensors(Buffer.from(training.initial_weights.data, 'base64'));
  if (!decoded.ok) throw new Error(decoded.error);
  return decoded.value;
}

type Target = Pick<Parameter | Running, 'name' | 'shape'>;

type Given = Pick<NamedTensor, 'shape'> & { readonly name: string };

function checkTensor({ name, shape }: Given, targets: ReadonlyMap<string, Target>): Problem[] {
  const target = targets.get(name);
  if (target === undefined) {
    const known = [...targets.keys()].slice(0, 20);
    const rest = targets.size > known.length ? ', …' : '';
    return [
      {
        pointer: POINTER,
        message: `the network has no parameter "${shortName(name)}"`,
        fix: `parameters are: ${known.join(', ')}${rest}`,
      },
    ];
  }
  if (target.shape.join() === shape.join()) return [];
  const message = `"${shortName(name)}" has the shape [${shape.join(', ')}], the network's is [${target.shape.join(', ')}]`;
  return [
    {
      pointer: POINTER,
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
  const read = readSafetensors(Buffer.from(training.initial_weights.data, 'base64'));
  if (!read.ok) return [{ pointer: POINTER, message: read.error }];
  const byName = new Map(targets.map((target) => [target.name, target]));
  const problems: Problem[] = [];
  for (const entry of read.value.entries) {
    if (problems.length >= MAX_PROBLEMS) break;
    problems.push(...checkTensor(entry, byName));
  }
  return problems;
}
