/** @file Experiments that learn: whatever a rule says of them as critical or warning is a false alarm. */
import { byActivation, deep, noisy, plain } from './healthy/dense.ts';
import { images, sequences, transformers } from './healthy/kinds.ts';
import { odd } from './healthy/odd.ts';
import { settings, traps } from './healthy/traps.ts';
import { healthyReported } from './reported.ts';
import { inHalves, type Scenario } from './scenario.ts';
import { healthyTaught } from './taught.ts';
import { healthyPlaces } from './taught_places.ts';

export const healthyScenarios: readonly Scenario[] = inHalves([
  plain,
  byActivation,
  deep,
  noisy,
  traps,
  settings,
  odd,
  ...healthyReported,
  ...healthyTaught,
  healthyPlaces,
  images,
  sequences,
  transformers,
]);
