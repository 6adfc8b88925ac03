/** @file What a value has to be, in plain words: the validation library's issues as sentences for a client. */
import type { z } from 'zod';

type Issue = z.core.$ZodRawIssue | z.core.$ZodIssue;

/** The types of JSON, as people say them. */
const TYPES: Readonly<Record<string, string>> = {
  number: 'a number',
  int: 'a whole number',
  string: 'a string',
  boolean: 'true or false',
  array: 'a list',
  tuple: 'a list',
  object: 'an object',
  record: 'an object',
  null: 'null',
};

const counted = (count: number | bigint, unit: string): string => `${count} ${unit}${count === 1 ? '' : 's'}`;

/** What the bound is a bound of. */
function amount(origin: string, bound: number | bigint, how: string): string {
  if (origin === 'string') return `must have ${how} ${counted(bound, 'character')}`;
  if (origin === 'array' || origin === 'set') return `must have ${how} ${counted(bound, 'element')}`;
  if (origin === 'object' || origin === 'record' || origin === 'map')
    return `must have ${how} ${counted(bound, 'key')}`;
  return `must be ${how} ${bound}`;
}

/** For example "must be at least 1"; null where an issue is about no plain type or bound. */
export function requirementOf(issue: Issue): string | null {
  switch (issue.code) {
    case 'invalid_type': {
      const type = TYPES[issue.expected];
      return type === undefined ? null : `must be ${type}`;
    }
    case 'too_small':
      if (issue.exact) return amount(issue.origin, issue.minimum, 'exactly');
      return amount(issue.origin, issue.minimum, issue.inclusive === false ? 'more than' : 'at least');
    case 'too_big':
      if (issue.exact) return amount(issue.origin, issue.maximum, 'exactly');
      return amount(issue.origin, issue.maximum, issue.inclusive === false ? 'less than' : 'at most');
    case 'not_multiple_of':
      return `must be a multiple of ${issue.divisor}`;
    case 'invalid_value':
      return `must be one of: ${issue.values.map(String).join(', ')}`;
    case 'invalid_format':
      return issue.format === 'base64' ? 'must be base64' : null;
    default:
      return null;
  }
}

/** For `safeParse`: the sentence wherever a schema has none of its own. */
export const inPlainWords = { error: (issue: z.core.$ZodRawIssue) => requirementOf(issue) };
