/** @file The Dockerfile's linter, with every optional rule on. */
import { ValidationSeverity, validate } from 'dockerfile-utils';

/** What is wrong, as `line: message`; empty where nothing is. */
export function lintDockerfile(text: string): string[] {
  const error = ValidationSeverity.ERROR;
  const found = validate(text, {
    deprecatedMaintainer: error,
    directiveCasing: error,
    emptyContinuationLine: error,
    instructionCasing: error,
    instructionCmdMultiple: error,
    instructionEntrypointMultiple: error,
    instructionHealthcheckMultiple: error,
    instructionJSONInSingleQuotes: error,
    instructionWorkdirRelative: error,
  });
  return found.map(({ range, message }) => `${range.start.line + 1}: ${message}`);
}
