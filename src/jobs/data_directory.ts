/** @file Folders and files of DATA_DIR before they are used: what is wrong with one is a line with its path and what to do. */
import { accessSync, constants, existsSync, lstatSync, mkdirSync, readlinkSync, statSync } from 'node:fs';
import { dirname, resolve } from 'node:path';

/** Cannot be made, read or written, or holds what this version cannot use. One line: which path, what is wrong, what to do. */
export class DataDirectoryUnusable extends Error {
  override name = 'DataDirectoryUnusable';
}

const isLink = (path: string): boolean =>
  lstatSync(path, { throwIfNoEntry: false })?.isSymbolicLink() ?? false;

/** One by one: `recursive` of Node tries for ever where nothing can be made, as in /proc. */
function makeFolders(path: string, mode: number): void {
  if (existsSync(path)) return;
  makeFolders(dirname(path), mode);
  if (isLink(path)) throw new Error(`${path} is a link to ${readlinkSync(path)}, which is not there`);
  mkdirSync(path, mode);
}

interface FolderOptions {
  /** How messages call it, and what they tell the reader to do. */
  readonly name?: string;
  readonly advice?: string;
  /** The mode of what is made. */
  readonly mode?: number;
}

/** A folder that may be read and written, made where it is missing. @throws DataDirectoryUnusable */
export function makeFolder(
  path: string,
  {
    name = path,
    advice = 'put away what is there: it has to be a folder that this user may write',
    mode = 0o777,
  }: FolderOptions = {},
): void {
  try {
    makeFolders(resolve(path), mode);
    if (!statSync(path).isDirectory()) throw new Error('it is not a folder');
    accessSync(path, constants.R_OK | constants.W_OK | constants.X_OK);
  } catch (error) {
    const { message } = error as Error;
    throw new DataDirectoryUnusable(`${name} cannot be used: ${message}; ${advice}`);
  }
}

const PUT_AWAY = 'put it away: it has to be a file that this user may read and write';

function whatIsNoFile(path: string): string | null {
  try {
    const found = statSync(path, { throwIfNoEntry: false });
    if (found === undefined || found.isFile()) return null;
    return found.isDirectory() ? 'it is a folder' : 'it is neither a file nor a folder';
  } catch (error) {
    return (error as Error).message;
  }
}

/** To be called before it is opened, which for a pipe may take for ever. @throws DataDirectoryUnusable for what is there and is no file */
export function refuseUnlessFile(path: string): void {
  const wrong = whatIsNoFile(path);
  if (wrong !== null) throw new DataDirectoryUnusable(`${path} cannot be used: ${wrong}; ${PUT_AWAY}`);
}
