/** @file `gradclinic import`: a Keras or ONNX model becomes the network and training of an experiment. */
import { createReadStream } from 'node:fs';
import type { components } from '../../client/index.ts';
import { streamed } from '../calls.ts';
import { ask, connect, placeOf } from '../connection.ts';
import {
  type Command,
  checkReadable,
  onlyArgument,
  readArguments,
  SERVICE_OPTIONS,
  writeText,
} from '../program.ts';

const OPTIONS = { ...SERVICE_OPTIONS, out: { type: 'string' } } as const;

/** Weights are a file of the service, and an embedded one ends with this call. */
function withoutWeights(imported: components['schemas']['Import']): components['schemas']['Import'] {
  const { initial_weights: _, ...training } = imported.training;
  return { ...imported, training, initial_weights: null };
}

async function run(args: readonly string[]): Promise<number> {
  const { values, positionals } = readArguments('import', args, OPTIONS);
  const file = onlyArgument('import', 'model file', positionals);
  checkReadable(file);
  const connection = await connect(placeOf(values));
  try {
    const imported = await ask(connection.client.POST('/v1/imports', streamed(createReadStream(file))), file);
    for (const warning of imported.warnings) console.error(`warning: ${warning}`);
    const lost = connection.embedded && imported.initial_weights !== null;
    if (lost) console.error('the weights are left out: start a service to keep them ("gradclinic serve")');
    const kept = lost ? withoutWeights(imported) : imported;
    const text = JSON.stringify(kept, null, 2);
    if (values.out === undefined) console.log(text);
    else writeText(values.out, `${text}\n`);
    return 0;
  } finally {
    await connection.close();
  }
}

export const importModel: Command = {
  usage: `usage: gradclinic import FILE [--url URL] [--api-key KEY] [--out FILE]

  FILE       a model: Keras JSON, .keras, HDF5, TensorFlow.js layers JSON, or ONNX (docs/imports.md)
  --url      the service (or GRADCLINIC_URL); default http://127.0.0.1:PORT (8080), or an embedded one if none answers there
  --api-key  sent as a bearer token (or GRADCLINIC_API_KEY)
  --out      write the answer there and not to standard output

Prints { network, training, … }: add "data", and it is an experiment.
Weights of the model stay at the service; an embedded one does not keep them.
exit code: 0 done, 2 refused or failed`,
  run,
};
