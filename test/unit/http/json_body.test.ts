/** @file What a body may be made of is bounded before it is parsed: a thread that parses cannot be ended. */
import { describe, expect, it } from 'vitest';
import { parseJsonBody } from '../../../src/http/json_body.ts';

const repeated = (element: string, count: number) =>
  Buffer.from(`{"list":[${Array(count).fill(element).join(',')}]}`);

const problemOf = (body: Buffer) => {
  try {
    parseJsonBody(body);
    return null;
  } catch (error) {
    const { code, message } = error as { code: string; message: string };
    return { code, message };
  }
};

describe('a body', () => {
  it('may hold four lists for each of the most samples', () => {
    expect(problemOf(repeated('[[[1]]]', 250_000))).toBeNull();
  });

  it.each([
    ['lists', repeated('[]', 5_000_000), 'more than 1000000 lists and objects: upload large data as a file'],
    ['lists in lists', repeated('[[[1]]]', 2_000_000), 'more than 1000000 lists and objects'],
    ['objects', repeated('{}', 5_000_000), 'more than 200000 objects'],
  ])('is refused with millions of %s', (_, body, message) => {
    const problem = problemOf(body);
    expect(problem?.code).toBe('body_too_large');
    expect(problem?.message).toContain(message);
  });

  it('is one of five million numbers', () => {
    expect(problemOf(repeated('1', 5_000_000))).toBeNull();
  });
});
