/** @file The catalogue: every part, rule and remedy that the service knows, from their own definitions. */
import { z } from 'zod';
import { dataParts } from '../data/index.ts';
import { rules } from '../diagnosis/index.ts';
import {
  type ActivationConfig,
  activationKind,
  clippingKind,
  initializerKind,
  layerKind,
  lossKind,
  optimizerKind,
  positionKind,
  resolveActivation,
  scheduleKind,
} from '../network/index.ts';
import { theorySummary } from '../preflight/index.ts';
import { remedies } from '../remedies/index.ts';
import { encodeNonFinite } from '../util/json.ts';
import { describePart } from '../util/kind.ts';

export const entrySchema = z
  .looseObject({ id: z.string(), title: z.string(), sources: z.array(z.string()) })
  .meta({ id: 'CatalogEntry' });

export type CatalogEntry = z.output<typeof entrySchema>;

/** With the theory of each at its default options; null for softmax. */
const ofActivations = (): CatalogEntry[] =>
  activationKind.catalog().map((entry) => ({
    ...entry,
    theory: encodeNonFinite(theorySummary(resolveActivation(entry.id as ActivationConfig))),
  }));

const ofRules = (): CatalogEntry[] =>
  rules.map(({ rule, title, description, needs, thresholds, sources, quorum }) => ({
    id: rule,
    title,
    description,
    needs: [...needs],
    thresholds,
    quorum,
    sources: [...sources],
  }));

const ofRemedies = (): CatalogEntry[] =>
  remedies.map(({ remedy, title, rationale, treats, effort, dose, sources }) => ({
    id: remedy,
    title,
    rationale,
    treats: [...treats],
    effort,
    dose: dose ?? null,
    sources: [...sources],
  }));

/** By kind, each made when it is asked for. */
export const catalog: Readonly<Record<string, () => CatalogEntry[]>> = {
  activations: ofActivations,
  layers: layerKind.catalog,
  initializers: initializerKind.catalog,
  losses: lossKind.catalog,
  optimizers: optimizerKind.catalog,
  schedules: scheduleKind.catalog,
  clipping: clippingKind.catalog,
  positions: positionKind.catalog,
  data_sets: () => dataParts.map(describePart),
  rules: ofRules,
  remedies: ofRemedies,
};
