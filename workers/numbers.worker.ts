/** @file The entry of a thread that reads the numbers of experiments. */
export { numbersOf as default } from '../src/jobs/index.ts';
