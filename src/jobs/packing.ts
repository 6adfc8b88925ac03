/**
 * @file A trial on its way to another process. Numbers that its job holds as well stay behind: whoever trains it reads them
 * there, once for all trials of the job.
 */
import { createHash } from 'node:crypto';
import { deserialize, serialize } from 'node:v8';
import type { Experiment } from '../experiment/index.ts';
import type { Trial } from '../study/index.ts';
import { present } from '../util/assert.ts';
import { canonicalJson } from '../util/json.ts';
import { isSealed, type Sealed } from '../util/sealed.ts';

/** Equal for trials that would be trained alike: all that a training reads, and the seed. */
export function trialKey({ experiment, seed, keepWeights }: Omit<Trial, 'run'>): string {
  const { network, data, training, diagnostics } = experiment;
  const read = { network, data, training, probe_every: diagnostics.probe_every, seed, keepWeights };
  return createHash('sha256').update(canonicalJson(read)).digest('hex');
}

/** A copy in which `change` has replaced what it knows. */
function changed(value: unknown, change: (value: unknown) => unknown): unknown {
  const replaced = change(value);
  if (replaced !== value) return replaced;
  if (typeof value !== 'object' || value === null || isSealed(value) || value instanceof Map) return value;
  if (Array.isArray(value)) return value.map((item) => changed(item, change));
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, changed(item, change)]));
}

/** By their hash. */
export function sealedOf(experiment: Experiment): ReadonlyMap<string, Sealed> {
  const found = new Map<string, Sealed>();
  changed(experiment, (value) => {
    if (isSealed(value)) found.set(value.sha256, value);
    return value;
  });
  return found;
}

/** No experiment holds a map, so that nothing else can look like this. */
const HASH = 'sha256';

/** @returns null where it holds numbers that the job does not */
export function packTrial(experiment: Experiment, known: ReadonlyMap<string, Sealed>): Buffer | null {
  let isWhole = true;
  const packed = changed(experiment, (value) => {
    if (!isSealed(value)) return value;
    isWhole &&= known.has(value.sha256);
    return new Map([[HASH, value.sha256]]);
  });
  return isWhole ? serialize(packed) : null;
}

/** @param known of the experiment of the job, by `sealedOf`; asked for only where something stayed behind */
export async function unpackTrial(
  packed: Buffer,
  known: () => Promise<ReadonlyMap<string, Sealed>>,
): Promise<Experiment> {
  const experiment = deserialize(packed);
  const missing = new Set<string>();
  changed(experiment, (value) => {
    if (value instanceof Map) missing.add(String(value.get(HASH)));
    return value;
  });
  if (missing.size === 0) return experiment;
  const numbers = await known();
  return changed(experiment, (value) => {
    if (!(value instanceof Map)) return value;
    return present(numbers.get(String(value.get(HASH))), 'what the job holds');
  }) as Experiment;
}
