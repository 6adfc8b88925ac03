/** @file Experiments that do not learn, each with the rule that must say so and a twin in which the cause is repaired. */
import { sickReported } from './reported.ts';
import { inHalves, type Scenario } from './scenario.ts';
import { imbalance, memorized, mismatched, powerless, unscaled } from './sick/fit.ts';
import { images, sequences, transformers } from './sick/kinds.ts';
import { collapsed, exploding, nonFinite, vanishingSigmoid, vanishingSmall } from './sick/signal.ts';
import { clipped, noisy, sharp, tooFast, tooSlow, unchanged, unfinished, unstable } from './sick/steps.ts';
import { dead, saturated, symmetric } from './sick/units.ts';
import { sickTaught } from './taught.ts';
import { sickPlaces } from './taught_places.ts';

export const sickScenarios: readonly Scenario[] = inHalves([
  vanishingSigmoid,
  vanishingSmall,
  exploding,
  tooFast,
  tooSlow,
  unfinished,
  dead,
  saturated,
  symmetric,
  unscaled,
  imbalance,
  mismatched,
  memorized,
  clipped,
  powerless,
  nonFinite,
  unchanged,
  noisy,
  unstable,
  sharp,
  collapsed,
  ...sickReported,
  ...sickTaught,
  ...sickPlaces,
  images,
  sequences,
  transformers,
]);
