/** @file Weights that a training starts from, given in the request: decoded, and held against the network. */
import type { Parameter, Running } from '../network/index.ts';
import { shortName } from '../util/json.ts';
import { decodeSafetensors, type NamedTensor } from '../util/safetensors.ts';
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

function checkTensor(name: string, { shape }: NamedTensor, targets: readonly Target[]): Problem[] {
  const target = targets.find((candidate) => candidate.name === name);
  if (target === undefined) {
    const known = targets.slice(0, 20).map((candidate) => candidate.name);
    const rest = targets.length > known.length ? ', …' : '';
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

/** Any subset of the parameters and running averages may be given; unknown names and wrong shapes are refused. */
export function checkInitialWeights({ training }: Experiment, targets: readonly Target[]): Problem[] {
  if (training.initial_weights === null) return [];
  const decoded = decodeSafetensors(Buffer.from(training.initial_weights.data, 'base64'));
  if (!decoded.ok) return [{ pointer: POINTER, message: decoded.error }];
  return [...decoded.value].flatMap(([name, tensor]) => checkTensor(name, tensor, targets));
}
