/** @file What a thread does in a file's folder: reads the content once, decodes images in the size that a job asks for. */

import { randomUUID } from 'node:crypto';
import { existsSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { writeBlocks } from './blocks.ts';
import type { ReadingOptions } from './description.ts';
import { CONTENT, factsPath } from './directory.ts';
import type { FileFacts } from './facts.ts';
import { decodeImages, type ImageSize } from './images.ts';
import { readFile } from './read_file.ts';

/** Name of the file that holds images of one size. */
export const imagesName = ({ height, width, channels }: ImageSize): string =>
  `images-${height}x${width}x${channels}`;

/** Leaves facts and numbers beside the content; the facts last, so that a folder that has them is whole. @throws FileRefused */
export async function readFolder(folder: string, options: ReadingOptions): Promise<void> {
  const facts = await readFile(folder, options);
  writeFileSync(factsPath(folder), JSON.stringify(facts), { mode: 0o600 });
}

/** Leaves the pixels beside the content, unless they lie there. @throws FileRefused */
export async function decodeFolder(folder: string, size: ImageSize): Promise<void> {
  const path = join(folder, imagesName(size));
  if (existsSync(path)) return;
  const { description, images } = JSON.parse(readFileSync(factsPath(folder), 'utf8')) as FileFacts;
  const pixels = await decodeImages(
    join(folder, CONTENT),
    { images: images ?? [], classes: description.classes ?? [] },
    size,
  );
  const draft = `${path}.${randomUUID()}`;
  writeBlocks(draft, new Map([['images', pixels]]));
  renameSync(draft, path);
}
