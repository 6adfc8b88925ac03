/** @file `npm run keys`, and what a container runs: `gradclinic keys`. */
import { runCommand } from './dispatch.ts';

process.exitCode = await runCommand(['keys', ...process.argv.slice(2)]);
