/** @file Every loss that the service knows: those of one output, and the one of several. */
import { z } from 'zod';
import { defineKind } from '../../util/kind.ts';
import { joint } from './joint.ts';
import { singleKind, singleLosses } from './single.ts';

const all = defineKind([...singleLosses, joint]);

/** Only those of one output have a name that says all: what `types` and `names` list. */
export const lossKind = {
  ...all,
  types: singleKind.types,
  names: singleKind.names,
  schema: z.union([singleKind.names, all.objects]),
};

type Config = z.output<typeof lossKind.schema>;

/** The config with every default filled in, those of the losses of several outputs included. */
export function completeLoss(config: Config): Config {
  const completed = all.complete(config) as Config;
  return typeof completed === 'string' || completed.type !== 'joint'
    ? completed
    : {
        ...completed,
        outputs: completed.outputs.map((output) => ({ ...output, loss: singleKind.complete(output.loss) })),
      };
}
