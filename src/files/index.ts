/** @file The folder's door: uploaded files, from bytes to described numbers. */

export { begin } from '../util/work_time.ts';
export { blockBytes } from './blocks.ts';
export { MAX_ONE_HOT } from './columns.ts';
export {
  type ColumnDescription,
  descriptionSchema,
  type FileDescription,
  fileKinds,
  type ReadingOptions,
} from './description.ts';
export {
  CONTENT,
  FILE_ID,
  factsPath,
  fileFacts,
  folderOf,
  NUMBERS,
  setFilesDirectory,
} from './directory.ts';
export type { FileFacts } from './facts.ts';
export { decodeFolder, imagesName, readFolder } from './folder.ts';
export type { ImageSize } from './images.ts';
export { isChannelsLast } from './read_file.ts';
export { FileRefused, refuseBeyond } from './refused.ts';
export { releaseBlocks, serveBlocks, sharedBlock } from './shared_blocks.ts';
export { SideBySide } from './side_by_side.ts';
export { type OnDemand, StoredNumbers } from './stored_numbers.ts';
