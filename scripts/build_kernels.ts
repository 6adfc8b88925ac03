/** @file Compiles src/kernels/assembly to src/kernels/kernels.wasm; with `--check`, says whether the file is up to date. */
import { readFileSync, rmSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { main } from 'assemblyscript/asc';

const committed = fileURLToPath(new URL('../src/kernels/kernels.wasm', import.meta.url));
const check = process.argv.includes('--check');
const output = check ? `${committed}.new` : committed;

const { error, stderr } = await main([
  fileURLToPath(new URL('../src/kernels/assembly/index.ts', import.meta.url)),
  ...[
    '--outFile',
    output,
    '-O3',
    '--noAssert',
    '--runtime',
    'stub',
    '--importMemory',
    '--zeroFilledMemory',
    '--enable',
    'simd',
  ],
]);
if (error) {
  process.stderr.write(stderr.toString());
  process.exit(1);
}
if (check) {
  const same = readFileSync(output).equals(readFileSync(committed));
  rmSync(output);
  if (!same) {
    process.stderr.write('src/kernels/kernels.wasm is out of date: run "npm run kernels"\n');
    process.exit(1);
  }
}
