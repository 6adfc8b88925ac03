/**
 * @file The program and those of its worker threads, bundled: to load five hundred sources takes most of a second of a core, and there
 * are several. What they were made of is the name of the folder in which the bundles are kept.
 */
import { createHash, randomUUID } from 'node:crypto';
import { existsSync, readdirSync, readFileSync, renameSync, rmSync, statSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { extname, join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import type { Plugin } from 'esbuild';
import { hasBundles, startThreadsFrom } from './programs.ts';

const root = fileURLToPath(new URL('../../', import.meta.url));
const kept = join(root, 'node_modules/.cache/threads');

const filesOf = (folder: string): string[] =>
  readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.ts'))
    .map((name) => join(root, folder, name))
    .sort();

/** Equal for what gives the same bundles: where the sources lie, what they say, and the pinned versions of what they import. */
function keyOf(): string {
  const hash = createHash('sha256').update(readFileSync(join(root, 'package.json')));
  for (const file of [...filesOf('src'), ...filesOf('workers')])
    hash.update(`\0${file}\0`).update(readFileSync(file));
  return hash.digest('hex').slice(0, 16);
}

/** It is many small files itself. */
const BUNDLED_PACKAGE = 'zod';

const plugin: Plugin = {
  name: 'programs of threads',
  setup({ onResolve, onLoad }) {
    // Packages stay where they are; one of which nothing is used is not loaded.
    onResolve({ filter: /^[^./]/ }, ({ path }) =>
      path === BUNDLED_PACKAGE ? null : { path, external: true, sideEffects: false },
    );
    // Sources look for files beside themselves.
    onLoad({ filter: /\.ts$/ }, async ({ path }) => {
      const text = await readFile(path, 'utf8');
      const url = JSON.stringify(pathToFileURL(path).href);
      return { contents: text.replaceAll('import.meta.url', url), loader: 'ts' };
    });
  },
};

async function buildInto(outdir: string): Promise<void> {
  // Loaded only where there is something to build.
  const esbuild = await import('esbuild');
  // One by one: what the program shares with threads would be many small files, for all of them.
  const parts = [
    filesOf('workers').filter((file) => file.endsWith('.worker.ts')),
    [join(root, 'src/program.ts')],
  ];
  const builds = parts.map((entryPoints) =>
    esbuild.build({
      entryPoints,
      outdir,
      bundle: true,
      splitting: true,
      format: 'esm',
      platform: 'node',
      target: 'esnext',
      // Below node_modules a .js file is no module to Node.js.
      outExtension: { '.js': '.mjs' },
      keepNames: true,
      plugins: [plugin],
      logLevel: 'silent',
    }),
  );
  try {
    await Promise.all(builds);
  } finally {
    await esbuild.stop();
  }
}

const DAY_MS = 86_400_000;

/** Of other sources. A process that still runs may start threads from them: not the latest. */
function removeOld(): void {
  for (const name of readdirSync(kept)) {
    const path = join(kept, name);
    if (Date.now() - statSync(path).mtimeMs > DAY_MS) rmSync(path, { recursive: true, force: true });
  }
}

/**
 * The folder of the bundles: those of the last time, or built now (a second). Null where nothing is to be bundled, as in compiled
 * programs, or nothing can be, as in a read-only folder.
 */
export async function bundledPrograms(): Promise<URL | null> {
  if (extname(import.meta.url) !== '.ts') return null;
  const folder = join(kept, keyOf());
  if (!existsSync(folder)) {
    // Whole or not at all: another process may look at the same time.
    const temporary = join(kept, randomUUID());
    try {
      await buildInto(temporary);
      removeOld();
      renameSync(temporary, folder);
    } catch {
      // A read-only folder, or another process was first. Without bundles, the sources are loaded.
      rmSync(temporary, { recursive: true, force: true });
    }
  }
  return existsSync(folder) ? pathToFileURL(`${folder}/`) : null;
}

/** Threads start from bundles from now on, where there are some. */
export async function bundlePrograms(): Promise<void> {
  const folder = hasBundles() ? null : await bundledPrograms();
  if (folder !== null) startThreadsFrom(folder);
}
