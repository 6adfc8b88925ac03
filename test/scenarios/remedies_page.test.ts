/** @file The page of what remedies did: a new measurement takes the place of the last one, and of nothing else. */
import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { withMeasurement } from './remedies_page.ts';

const page = readFileSync(new URL('../../docs/remedies.md', import.meta.url), 'utf8');

it('what is written by hand stays', () => {
  const measured = withMeasurement(page, []);
  const heads = (text: string) => text.split('\n').filter((line) => line.startsWith('## '));
  expect(heads(measured)).toEqual(heads(page));
  expect(measured.slice(0, measured.indexOf('## All scenarios'))).toBe(
    page.slice(0, page.indexOf('## All scenarios')),
  );
  expect(measured).not.toContain('(137/140)');
  expect(withMeasurement(measured, [])).toBe(measured);
  expect(() => withMeasurement('# Another page', [])).toThrow('made by npm run evaluate');
});
