/** @file The folder's door: rules from Trace and experiment to checks. */
export {
  type Check,
  checkSchema,
  type Evidence,
  evidenceSchema,
  nonFiniteSchema,
  numberSchema,
  type Severity,
  severities,
} from './check.ts';
