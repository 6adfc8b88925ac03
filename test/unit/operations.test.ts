/** @file docs/operations.md names the settings and metrics that there are, and no others. */
import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { readConfig } from '../../src/config.ts';
import { createMetrics } from '../../src/metrics/index.ts';

const text = readFileSync(new URL('../../docs/operations.md', import.meta.url), 'utf8');
const sectionOf = (title: string): string => text.split(/^## /m).find((part) => part.startsWith(title)) ?? '';
const sorted = (names: Iterable<string | undefined>) => [...new Set(names)].sort();

it('every setting that is read', () => {
  const read = new Set<string>();
  const environment = new Proxy<Record<string, string | undefined>>(
    {},
    {
      get(_target, name) {
        if (typeof name === 'string') read.add(name);
        return undefined;
      },
    },
  );
  readConfig(environment);
  const documented = [...sectionOf('Settings').matchAll(/`([A-Z][A-Z_]+)`/g)].map(([, name]) => name);
  expect(read.size).toBeGreaterThan(15);
  expect(sorted(documented)).toEqual(sorted([...read].filter((name) => /^[A-Z_]+$/.test(name))));
});

it('every metric of its own', async () => {
  const all = await createMetrics().read();
  const names = [...all.matchAll(/^# TYPE (gradclinic_\w+)/gm)].map(([, name]) => name);
  const documented = [...sectionOf('Metrics').matchAll(/^\| `(gradclinic_\w+)`/gm)].map(([, name]) => name);
  expect(names.length).toBeGreaterThan(5);
  expect(sorted(documented)).toEqual(sorted(names));
});
