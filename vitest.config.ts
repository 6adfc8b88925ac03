/** @file Test runner settings: real parts (worker threads, SQLite files, HTTP) need longer limits than the defaults. */
import { fileURLToPath } from 'node:url';
import { defineConfig } from 'vitest/config';

// Every thread of every service that a test starts loads its program anew: half of that is stripping types and compiling, which once
// is enough for. A quarter of the CPU time of test/http.
process.env.NODE_COMPILE_CACHE ??= fileURLToPath(new URL('node_modules/.cache/compiled', import.meta.url));

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    testTimeout: 60_000,
    hookTimeout: 60_000,
    pool: 'forks',
    maxWorkers: 2,
  },
});
