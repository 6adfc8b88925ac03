/** @file `npm run diagnose`: `gradclinic diagnose`. */
import { runCommand } from './dispatch.ts';

process.exitCode = await runCommand(['diagnose', ...process.argv.slice(2)]);
