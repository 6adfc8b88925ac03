/** @file Test runner settings: real parts (worker threads, SQLite files, HTTP) need longer limits than the defaults. */
import { fileURLToPath } from 'node:url';
import { configDefaults, defineConfig } from 'vitest/config';
import { BaseSequencer, type TestSpecification } from 'vitest/node';

// Every thread of every service that a test starts loads its program anew: half of that is stripping types and compiling, which once
// is enough for. A quarter of the CPU time of test/http.
process.env.NODE_COMPILE_CACHE ??= fileURLToPath(new URL('node_modules/.cache/compiled', import.meta.url));

/** Files of whole studies, browsers and services take up to two minutes: one that came last would run alone, beside an idle core. */
const LONG = [
  '/test/scenarios/examples',
  '/test/web/',
  '/test/scenarios/',
  '/test/faults/',
  '/test/python/',
  '/test/http/',
  '/test/jobs/',
  '/test/docs',
  '/test/training/',
];

const PATIENCE = Number(process.env.TEST_PATIENCE ?? 1);

class LongFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const rank = ({ moduleId }: TestSpecification): number => {
      const at = LONG.findIndex((folder) => moduleId.includes(folder));
      return at === -1 ? LONG.length : at;
    };
    return (await super.sort(files)).toSorted((a, b) => rank(a) - rank(b));
  }
}

/** They measure what else is in their process, or take hold of parts of it. */
const ALONE = [
  'test/http/shared_data.test.ts',
  'test/imports/broken.test.ts',
  'test/jobs/long_lists.test.ts',
  'test/web/bundle.test.ts',
];

export default defineConfig({
  test: {
    // They end what hangs, and measure nothing: the longest test takes 15 s of a core. Trainings give way to everything else on the
    // machine: where it is busy, one that takes seconds takes minutes, and TEST_PATIENCE is how many times as long to wait.
    testTimeout: 300_000 * PATIENCE,
    hookTimeout: 300_000 * PATIENCE,
    // A second is Vitest's own. What has to be quick is measured where it matters.
    expect: { poll: { timeout: 240_000 * PATIENCE } },
    pool: 'forks',
    maxWorkers: 2,
    sequence: { sequencer: LongFirst },
    projects: [
      {
        extends: true,
        // Nothing that they import changes: they share it, and a file does not load hundreds of sources for itself. A test that fails
        // before it has given back what it spies on must not decide about the next.
        test: {
          name: 'together',
          include: ['test/**/*.test.ts'],
          exclude: [...configDefaults.exclude, ...ALONE],
          isolate: false,
          restoreMocks: true,
          unstubEnvs: true,
        },
      },
      {
        extends: true,
        test: { name: 'alone', include: ALONE },
      },
    ],
  },
});
