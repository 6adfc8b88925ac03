/** @file Thresholds of a request that no rule has. */
import type { Experiment, Problem } from '../experiment/index.ts';
import { pointerOf, shortName } from '../util/json.ts';
import { knownInstead } from '../util/nearest.ts';
import { rules } from './rules/index.ts';

/** What is wrong with `diagnostics.rules`, with pointers into the request. */
export function thresholdProblems({ diagnostics }: Pick<Experiment, 'diagnostics'>): Problem[] {
  return Object.entries(diagnostics.rules).flatMap(([name, given]) => {
    const path = ['diagnostics', 'rules', name];
    const rule = rules.find((candidate) => candidate.rule === name);
    if (rule === undefined) {
      const names = rules.map((one) => one.rule);
      const fix = knownInstead(name, names);
      return [{ pointer: pointerOf(path), message: `there is no rule "${shortName(name)}"`, fix }];
    }
    const changeable = Object.entries(rule.thresholds)
      .filter(([, threshold]) => threshold.fixed !== true)
      .map(([key]) => key);
    return Object.keys(given)
      .filter((key) => !changeable.includes(key))
      .map((key) => ({
        pointer: pointerOf([...path, key]),
        message: Object.hasOwn(rule.thresholds, key)
          ? `${key} is part of how ${name} measures and cannot be changed`
          : `${name} has no threshold "${key}"`,
        fix: changeable.length === 0 ? 'remove it' : knownInstead(key, changeable),
      }));
  });
}
