/** @file The programs of worker threads, as sources or compiled: whichever this file is. */
import { extname } from 'node:path';

/** @param name of a file in workers/ without its extension */
export const threadProgram = (name: string): URL =>
  new URL(`../../workers/${name}${extname(import.meta.url)}`, import.meta.url);
