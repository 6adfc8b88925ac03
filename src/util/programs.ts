/** @file The programs of worker threads: bundles where there are some, else sources or compiled files, whichever this one is. */
import { extname } from 'node:path';

let bundles: URL | null = null;

/** @param folder of bundles, each with the name of its program; null for the sources or compiled files */
export function startThreadsFrom(folder: URL | null): void {
  bundles = folder;
}

/** Whether it was told of some: whoever starts from a bundle knows where the others are. */
export const hasBundles = (): boolean => bundles !== null;

/** @param name of a file in workers/ without its extension */
export const threadProgram = (name: string): URL =>
  bundles === null
    ? new URL(`../../workers/${name}${extname(import.meta.url)}`, import.meta.url)
    : new URL(`${name}.mjs`, bundles);
