/**
 * @file Compiles what the npm package holds to dist/, at `npm pack`: Node.js strips no types below node_modules. What is no code is
 * copied to where the compiled files look for it.
 */
import { execFileSync } from 'node:child_process';
import { cpSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { buildInto } from '../src/web/index.ts';

const root = fileURLToPath(new URL('../', import.meta.url));
const dist = `${root}dist/`;

rmSync(dist, { recursive: true, force: true });
execFileSync('npx', ['tsc', '-p', 'tsconfig.build.json'], { cwd: root, stdio: 'inherit' });
for (const path of [
  'client/schema.d.ts',
  'src/kernels/kernels.wasm',
  'src/data/tables',
  'examples',
  'openapi',
])
  cpSync(`${root}${path}`, `${dist}${path}`, { recursive: true });
mkdirSync(`${dist}web`);
await buildInto(`${dist}web/dist/packed`);
const { name, version, type } = JSON.parse(readFileSync(`${root}package.json`, 'utf8')) as Record<
  string,
  string
>;
writeFileSync(`${dist}package.json`, `${JSON.stringify({ name, version, type }, null, 2)}\n`);
