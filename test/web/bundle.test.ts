/** @file What is kept of builds: the one of these sources, and no other. */
import { mkdirSync, readdirSync, rmSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';
import { loadBundles } from '../../src/web/bundle.ts';

const dist = fileURLToPath(new URL('../../web/dist/', import.meta.url));

it('removes builds of other sources, reads its own the next time, and builds again what somebody else removed', async () => {
  const built = await loadBundles();
  for (const name of readdirSync(dist)) rmSync(`${dist}${name}`, { recursive: true });
  mkdirSync(`${dist}0123456789abcdef`);
  expect(await loadBundles()).toEqual(built);
  const kept = readdirSync(dist);
  expect(kept).toHaveLength(1);
  expect(kept).not.toContain('0123456789abcdef');
  rmSync(`${dist}${kept[0]}/app.js`);
  expect(await loadBundles()).toEqual(built);
});
