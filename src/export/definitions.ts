/** @file Which of some Python definitions a piece of code calls. */

/** @param definitions by name; @returns the texts of those that the code calls, in their order */
export const called = (definitions: Readonly<Record<string, string>>, code: string): string[] =>
  Object.entries(definitions)
    .filter(([name]) => new RegExp(`(?<![\\w.])${name}\\(`).test(code))
    .map(([, text]) => text);
