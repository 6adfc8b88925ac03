#!/usr/bin/env node
/**
 * @file The program `gradclinic`. JavaScript that any Node.js runs: it finds what to run (the sources in the repository, the compiled
 * files in the package) and a Node.js that is new enough (this one, or that of the npm package `node`).
 */
import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';

const REQUIRED = [22, 18];

const here = dirname(fileURLToPath(import.meta.url));
const source = join(here, 'main.ts');
const entry = existsSync(source) ? source : join(here, '../dist/cli/main.js');

const isEnough = () => {
  const [major, minor] = process.versions.node.split('.').map(Number);
  const newer = major > REQUIRED[0] || (major === REQUIRED[0] && minor >= REQUIRED[1]);
  return newer && Number(process.versions.napi) >= 10;
};

/** The Node.js that npm has installed as a package, or null. */
function packagedNode() {
  try {
    const folder = dirname(createRequire(import.meta.url).resolve('node/package.json'));
    const program = join(folder, 'bin', process.platform === 'win32' ? 'node.exe' : 'node');
    return existsSync(program) ? program : null;
  } catch {
    return null;
  }
}

function handOver(program) {
  const child = spawn(program, [entry, ...process.argv.slice(2)], { stdio: 'inherit' });
  // A terminal sends Ctrl-C to both; anything else is for us alone, and meant for the child.
  process.on('SIGINT', () => {
    if (!process.stdin.isTTY) child.kill('SIGINT');
  });
  for (const signal of ['SIGTERM', 'SIGHUP']) process.on(signal, () => child.kill(signal));
  child.on('error', ({ message }) => fail(message));
  child.on('exit', (code) => process.exit(code ?? 2));
}

function fail(message) {
  process.stderr.write(`gradclinic: ${message}\n`);
  process.exit(2);
}

const other = isEnough() ? null : packagedNode();
if (isEnough()) await import(pathToFileURL(entry).href);
else if (other !== null) handOver(other);
else
  fail(
    `Node.js ${REQUIRED.join('.')} or newer is needed, this is ${process.versions.node}; install it, or put it beside this package with "npm install node@24"`,
  );
