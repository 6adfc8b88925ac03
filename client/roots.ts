/** @file What a report tells as causes. */
import type { Check, Report } from './types.ts';

const isSerious = ({ status, severity }: Check): boolean =>
  status === 'found' && (severity === 'critical' || severity === 'warning');

/**
 * Serious findings beside the root cause that no other one explains: each is a fault of its own, and what mends the root cause leaves
 * it. In the order of the catalogue, in which causes come first.
 */
export const otherRootsOf = ({ checks, root_cause }: Pick<Report, 'checks' | 'root_cause'>): Check[] =>
  checks.filter((check) => isSerious(check) && check.caused_by.length === 0 && check.rule !== root_cause);
