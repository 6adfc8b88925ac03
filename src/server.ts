/** @file The program: listens to signals, then runs what `program.ts` says, from a bundle of all sources where there is one. */

/** All say the same, and once is enough: a terminal sends them to npm and to us, and npm passes its own on. */
const STOPS: ('SIGHUP' | 'SIGINT' | 'SIGQUIT' | 'SIGTERM')[] = ['SIGHUP', 'SIGINT', 'SIGQUIT', 'SIGTERM'];

const stopping = new AbortController();
const stopped = new Promise<void>((resolve) => {
  for (const name of STOPS) {
    process.on(name, () => {
      stopping.abort();
      resolve();
    });
  }
});

const REQUIRED_NODE = '22.18';

function fail(message: string): never {
  process.stderr.write(`gradclinic: ${message}\n`);
  process.exit(1);
}

// Native parts crash on a Node.js that is too old, before anything could be said.
const [major = 0, minor = 0] = process.versions.node.split('.').map(Number);
if (major < 22 || (major === 22 && minor < 18) || Number(process.versions.napi) < 10) {
  fail(
    `Node.js ${REQUIRED_NODE} or newer is needed, this is ${process.versions.node}; use "npm start", which brings its own`,
  );
}

// Nothing is imported before this: until a signal has its handler, it ends the process in the middle of loading.
const { bundledPrograms } = await import('./util/bundled_programs.ts');
const bundles = await bundledPrograms();
const { runProgram }: typeof import('./program.ts') =
  bundles === null ? await import('./program.ts') : await import(new URL('program.mjs', bundles).href);
await runProgram({ stopping: stopping.signal, stopped, handled: STOPS, bundles, fail });
