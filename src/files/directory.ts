/**
 * @file Where the files of this process lie: a folder a file, named by its id, with the content as it was sent, what is known
 * of it, and its numbers. Threads inherit where.
 */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { getEnvironmentData, setEnvironmentData } from 'node:worker_threads';
import type { FileFacts } from './facts.ts';

export const CONTENT = 'content';
export const NUMBERS = 'numbers';
const FACTS = 'facts.json';
const KEY = 'gradclinic.files';

export const FILE_ID = /^file_[0-9a-f]{32}$/;

/** Before the first thread starts. */
export const setFilesDirectory = (path: string): void => setEnvironmentData(KEY, path);

const filesDirectory = (): string | null => {
  const path = getEnvironmentData(KEY);
  return typeof path === 'string' ? path : null;
};

export const factsPath = (folder: string): string => join(folder, FACTS);

/** The folder of a file that is at hand, or null. */
export function folderOf(id: string): string | null {
  const directory = filesDirectory();
  if (directory === null || !FILE_ID.test(id)) return null;
  const folder = join(directory, id);
  return existsSync(factsPath(folder)) ? folder : null;
}

const known = new Map<string, FileFacts>();
const MAX_KNOWN = 64;

/** What is known of a file at hand, or null. */
export function fileFacts(id: string): FileFacts | null {
  const folder = folderOf(id);
  if (folder === null) return null;
  const found = known.get(folder);
  if (found !== undefined) return found;
  const facts = JSON.parse(readFileSync(factsPath(folder), 'utf8')) as FileFacts;
  if (known.size >= MAX_KNOWN) known.delete(known.keys().next().value as string);
  known.set(folder, facts);
  return facts;
}
