/** @file What is handed to a request thread, and what comes back. */
import type { ErrorCode } from '../util/errors.ts';
import type { AdmissionLimits } from './admission.ts';
import type { HttpProblem } from './problem.ts';

/** A misspelt one, or one that no work has, does not compile: `work.ts` has a function for each. */
export type WorkName =
  | 'acceptExperiment'
  | 'acceptSearch'
  | 'preflight'
  | 'diagnose'
  | 'compare'
  | 'evaluate'
  | 'wantedImport'
  | 'withImported'
  | 'namedFiles'
  | 'fileUse';

/** A model in the words of an experiment. */
export interface Imported {
  readonly network: unknown;
  readonly training: Readonly<Record<string, unknown>>;
}

/** Everything besides the body on which the answers depend. */
export interface WorkContext {
  readonly limits: AdmissionLimits;
  readonly workerThreads: number;
  /** True if the hash of the body is needed, for an `Idempotency-Key`. */
  readonly fingerprint: boolean;
  /** The model that the body names. */
  readonly imported?: Imported;
}

export interface Work {
  readonly name: WorkName;
  /** JSON, as it came. */
  readonly body: Uint8Array;
  readonly context: WorkContext;
}

export type WorkResult =
  | { readonly ok: true; readonly value: unknown }
  | {
      readonly ok: false;
      readonly problem: {
        readonly code: ErrorCode;
        readonly detail: string;
        readonly extra: HttpProblem['extra'];
      };
    };
