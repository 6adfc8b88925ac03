/** @file The program `gradclinic` on a Node.js that is new enough; `gradclinic.js` finds one. */
import { runCommand } from './dispatch.ts';

process.exitCode = await runCommand(process.argv.slice(2));
