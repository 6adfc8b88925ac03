/** @file Bundles web/ with esbuild, once: what it was made of is the name of the folder in which the result is kept. */
import { createHash, randomUUID } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const folder = fileURLToPath(new URL('../../web/', import.meta.url));
const packageFile = fileURLToPath(new URL('../../package.json', import.meta.url));

/** The application's pages, and the viewer that a report file carries. */
const ENTRIES = ['app', 'report'] as const;
type Entry = (typeof ENTRIES)[number];

export interface Bundle {
  readonly js: string;
  readonly css: string;
}
export type Bundles = Readonly<Record<Entry, Bundle>>;

const SOURCE = /\.(tsx?|css)$/;

/** Sources in a fixed order, without what is generated. */
function sources(): string[] {
  const all = readdirSync(folder, { recursive: true, encoding: 'utf8' });
  return all.filter((name) => SOURCE.test(name) && !/^dist\b|\.d\.ts$/.test(name)).sort();
}

/** Equal for what gives the same bundle: the sources and the pinned versions of what they import. */
function keyOf(): string {
  const hash = createHash('sha256');
  const { dependencies } = JSON.parse(readFileSync(packageFile, 'utf8')) as { dependencies: object };
  hash.update(JSON.stringify(dependencies));
  for (const name of sources()) hash.update(`\0${name}\0`).update(readFileSync(join(folder, name)));
  return hash.digest('hex').slice(0, 16);
}

function readBundles(path: string): Bundles {
  const read = (entry: Entry): Bundle => ({
    js: readFileSync(join(path, `${entry}.js`), 'utf8'),
    css: readFileSync(join(path, `${entry}.css`), 'utf8'),
  });
  return { app: read('app'), report: read('report') };
}

async function build(): Promise<Bundles> {
  // Loaded only where there is something to build.
  const esbuild = await import('esbuild');
  const { outputFiles } = await esbuild.build({
    entryPoints: ENTRIES.map((entry) => join(folder, `${entry}.tsx`)),
    outdir: folder,
    bundle: true,
    minify: true,
    write: false,
    format: 'iife',
    target: ['es2022'],
    jsx: 'automatic',
    jsxImportSource: 'preact',
    legalComments: 'none',
    logLevel: 'silent',
  });
  await esbuild.stop();
  const text = (name: string) => outputFiles.find(({ path }) => path.endsWith(`/${name}`))?.text ?? '';
  return {
    app: { js: text('app.js'), css: text('app.css') },
    report: { js: text('report.js'), css: text('report.css') },
  };
}

/** Whole or not at all: another process may look at the same time. What cannot be kept is built again next time. */
function keep(bundles: Bundles, dist: string, path: string): void {
  const temporary = join(dist, `.${randomUUID()}`);
  try {
    mkdirSync(temporary, { recursive: true });
    for (const entry of ENTRIES) {
      writeFileSync(join(temporary, `${entry}.js`), bundles[entry].js);
      writeFileSync(join(temporary, `${entry}.css`), bundles[entry].css);
    }
    renameSync(temporary, path);
  } catch {
    // A read-only folder, or another process was first.
    rmSync(temporary, { recursive: true, force: true });
  }
}

/** The bundles of web/ as it is: from the last time, or built now (a quarter of a second). */
export async function loadBundles(): Promise<Bundles> {
  const dist = join(folder, 'dist');
  const path = join(dist, keyOf());
  if (existsSync(path)) return readBundles(path);
  const bundles = await build();
  keep(bundles, dist, path);
  return bundles;
}
