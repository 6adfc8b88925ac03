/** @file The canonical text of an experiment, by which equal ones are known. */
import { canonicalJson } from '../util/json.ts';
import type { Experiment } from './schema.ts';

const texts = new WeakMap<Experiment, string>();

/** Equal experiments have equal texts. Made once for an experiment, which nothing changes. */
export function textOf(experiment: Experiment): string {
  const known = texts.get(experiment);
  if (known !== undefined) return known;
  const text = canonicalJson(experiment);
  texts.set(experiment, text);
  return text;
}
