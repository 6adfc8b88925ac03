/** @file Bundles web/ with esbuild, once: what it was made of is the name of the folder in which the result is kept. */
import { createHash, randomUUID } from 'node:crypto';
import { mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const folder = fileURLToPath(new URL('../../web/', import.meta.url));
/** What the pages share with other clients. */
const clientFolder = fileURLToPath(new URL('../../client/', import.meta.url));
const packageFile = fileURLToPath(new URL('../../package.json', import.meta.url));

/** The application's pages, and the viewer that a report file carries. */
const ENTRIES = ['app', 'report'] as const;
type Entry = (typeof ENTRIES)[number];

export interface Bundle {
  readonly js: string;
  readonly css: string;
}
export type Bundles = Readonly<Record<Entry, Bundle>>;

/** Where the npm package has them, built. */
const PACKED = 'packed';

const SOURCE = /\.(tsx?|css)$/;

/** Sources in a fixed order, without what is generated. */
function sources(of: string): string[] {
  const all = readdirSync(of, { recursive: true, encoding: 'utf8' });
  return all.filter((name) => SOURCE.test(name) && !/^dist\b|\.d\.ts$/.test(name)).sort();
}

/** Equal for what gives the same bundle: the sources and the pinned versions of what they import. */
function keyOf(): string {
  const hash = createHash('sha256');
  const { dependencies } = JSON.parse(readFileSync(packageFile, 'utf8')) as { dependencies: object };
  hash.update(JSON.stringify(dependencies));
  for (const root of [folder, clientFolder])
    for (const name of sources(root)) hash.update(`\0${name}\0`).update(readFileSync(join(root, name)));
  return hash.digest('hex').slice(0, 16);
}

/** What was kept, or null: nothing was, or another process removes it right now. */
function readBundles(path: string): Bundles | null {
  const read = (entry: Entry): Bundle => ({
    js: readFileSync(join(path, `${entry}.js`), 'utf8'),
    css: readFileSync(join(path, `${entry}.css`), 'utf8'),
  });
  try {
    return { app: read('app'), report: read('report') };
  } catch {
    return null;
  }
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

function write(bundles: Bundles, path: string): void {
  mkdirSync(path, { recursive: true });
  for (const entry of ENTRIES) {
    writeFileSync(join(path, `${entry}.js`), bundles[entry].js);
    writeFileSync(join(path, `${entry}.css`), bundles[entry].css);
  }
}

/** Builds of other sources, which nobody asks for any more; what another process is about to rename stays. */
function removeOthers(dist: string, path: string): void {
  const old = readdirSync(dist).filter((name) => !name.startsWith('.') && name !== basename(path));
  for (const name of old) rmSync(join(dist, name), { recursive: true, force: true });
}

/** Whole or not at all: another process may look at the same time. What cannot be kept is built again next time. */
function keep(bundles: Bundles, path: string): void {
  const dist = dirname(path);
  const temporary = join(dist, `.${randomUUID()}`);
  try {
    write(bundles, temporary);
    renameSync(temporary, path);
    removeOthers(dist, path);
  } catch {
    // A read-only folder, or another process was first.
    rmSync(temporary, { recursive: true, force: true });
  }
}

/** For the npm package, which holds no sources. */
export const buildInto = async (path: string): Promise<void> => write(await build(), path);

/** The bundles of web/ as it is: from the last time, or built now (a quarter of a second). */
export async function loadBundles(): Promise<Bundles> {
  const packed = readBundles(join(folder, 'dist', PACKED));
  if (packed !== null) return packed;
  const path = join(folder, 'dist', keyOf());
  const kept = readBundles(path);
  if (kept !== null) return kept;
  const bundles = await build();
  keep(bundles, path);
  return bundles;
}
