/** @file The program: starts the service, stops it on a signal. What is wrong with the surroundings is one line. */

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
/** A stop is over in less; this ends one that hangs. */
const GRACE_MS = 9800;

function fail(message: string): never {
  process.stderr.write(`gradclinic: ${message}\n`);
  process.exit(1);
}

const [major = 0, minor = 0] = process.versions.node.split('.').map(Number);
if (major < 22 || (major === 22 && minor < 18) || Number(process.versions.napi) < 10) {
  fail(
    `Node.js ${REQUIRED_NODE} or newer is needed, this is ${process.versions.node}; use "npm start", which brings its own`,
  );
}

// Nothing is imported before this: until a signal has its handler, it ends the process in the middle of loading.
const { ConfigError, readConfig } = await import('./config.ts');

function config() {
  try {
    return readConfig();
  } catch (error) {
    if (error instanceof ConfigError) fail(error.message);
    throw error;
  }
}

const settings = config();
// Loaded only now: native parts crash on a Node.js that is too old, before anything could be said.
const { startService } = await import('./service.ts');
const { default: closeWithGrace } = await import('close-with-grace');
// Node.js tells of a signal only between two turns of the event loop.
await new Promise((resolve) => setImmediate(resolve));
if (stopping.signal.aborted) process.exit(0);

const service = await startService(settings, stopping.signal).catch((error: unknown) => {
  if (stopping.signal.aborted) process.exit(0);
  return fail(error instanceof Error ? error.message : String(error));
});
const grace = closeWithGrace({ delay: GRACE_MS, skip: STOPS }, async ({ err }) => {
  if (err) process.stderr.write(`${err.stack ?? err.message}\n`);
  // An exit would end the threads, which aborts the process where one of them computes.
  if (!(await service.close())) process.kill(process.pid, 'SIGKILL');
});
await stopped;
grace.close();
