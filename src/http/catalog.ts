/** @file The catalogue: every part, rule and remedy that the service knows, from their own definitions. */
import { z } from 'zod';
import { dataParts } from '../data/index.ts';
import { rules } from '../diagnosis/index.ts';
import {
  type ActivationConfig,
  activationParts,
  clippingParts,
  initializerParts,
  layerParts,
  lossParts,
  optimizerParts,
  type Part,
  resolveActivation,
  scheduleParts,
} from '../network/index.ts';
import { theorySummary } from '../preflight/index.ts';
import { remedies } from '../remedies/index.ts';
import { encodeNonFinite } from '../util/json.ts';

export const entrySchema = z
  .looseObject({ id: z.string(), title: z.string(), sources: z.array(z.string()) })
  .meta({ id: 'CatalogEntry' });

export type CatalogEntry = z.output<typeof entrySchema>;

type DescribedPart = Part & {
  readonly formula?: string;
  readonly description?: string;
  readonly sources: readonly string[];
};

/** What an option is when it is left out; options without a default are not listed. */
function defaultsOf(options: Part['options']): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(options).flatMap(([name, schema]) => {
      const { success, data } = (schema as z.ZodType).safeParse(undefined);
      return success && data !== undefined ? [[name, data]] : [];
    }),
  );
}

const ofParts = (parts: readonly DescribedPart[]): CatalogEntry[] =>
  parts.map(({ type, title, formula, description, sources, options }) => ({
    id: type,
    title,
    ...(formula === undefined ? {} : { formula }),
    ...(description === undefined ? {} : { description }),
    sources: [...sources],
    options: z.toJSONSchema(z.object(options), { io: 'input', unrepresentable: 'any', reused: 'inline' }),
    defaults: defaultsOf(options),
  }));

/** With the theory of each at its default options; null for softmax. */
const ofActivations = (): CatalogEntry[] =>
  ofParts(activationParts as unknown as DescribedPart[]).map((entry) => ({
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
  layers: () => ofParts(layerParts as unknown as DescribedPart[]),
  initializers: () => ofParts(initializerParts as unknown as DescribedPart[]),
  losses: () => ofParts(lossParts as unknown as DescribedPart[]),
  optimizers: () => ofParts(optimizerParts as unknown as DescribedPart[]),
  schedules: () => ofParts(scheduleParts as unknown as DescribedPart[]),
  clipping: () => ofParts(clippingParts as unknown as DescribedPart[]),
  data_sets: () => ofParts(dataParts as unknown as DescribedPart[]),
  rules: ofRules,
  remedies: ofRemedies,
};
