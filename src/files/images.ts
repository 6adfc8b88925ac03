/** @file A zip of images, one folder a class → classes and names; images of one size → numbers. */
import { readFileSync } from 'node:fs';
import { unzipSync } from 'fflate';
import { unzip } from './npy.ts';
import { FileRefused, MAX_UNPACKED_BYTES, refuseBeyond } from './refused.ts';

/** Loaded with the first image: its binary is large, and few threads read images. */
const imageReader = async () => (await import('sharp')).default;

const IMAGE = /\.(png|jpe?g|webp)$/i;
const MAX_IMAGES = 200_000;
const MAX_PIXELS = 50_000_000;
/** Decoded at a time. */
const BATCH = 128;
const PART_BYTES = 64 * 2 ** 20;

export interface ImageFolder {
  /** In alphabetical order, which is that of the class indices. */
  readonly classes: readonly { readonly name: string; readonly images: number }[];
  /** Every image, class after class. */
  readonly images: readonly { readonly path: string; readonly label: number }[];
}

/** Names and sizes of all entries, without unpacking anything. @throws FileRefused */
function entriesOf(bytes: Uint8Array): { readonly name: string; readonly size: number }[] {
  const entries: { name: string; size: number }[] = [];
  try {
    unzipSync(bytes, {
      filter: ({ name, originalSize }) => {
        entries.push({ name, size: originalSize });
        return false;
      },
    });
  } catch (error) {
    throw new FileRefused(
      `the zip archive cannot be read: ${error instanceof Error ? error.message : 'broken'}`,
      {
        fix: 'make it again; check that the upload was complete',
      },
    );
  }
  return entries;
}

/** Names of all entries, without unpacking anything. @throws FileRefused */
export function listZip(bytes: Uint8Array): string[] {
  const entries = entriesOf(bytes);
  const unpacked = entries.reduce((sum, { size }) => sum + size, 0);
  refuseBeyond(unpacked, MAX_UNPACKED_BYTES, 'the archive unpacks to');
  const names = entries.map(({ name }) => name);
  const climbing = names.find(
    (name) => name.startsWith('/') || name.includes('\\') || name.split('/').includes('..'),
  );
  if (climbing !== undefined)
    throw new FileRefused(
      `the archive has a path that leads out of it: ${JSON.stringify(climbing.slice(0, 100))}`,
    );
  return names;
}

const isHidden = (path: string): boolean =>
  path.split('/').some((part) => part.startsWith('.') || part === '__MACOSX');

/** @throws FileRefused where images lie in no folder, or there are none */
export function findImages(names: readonly string[]): ImageFolder {
  const paths = names.filter((name) => IMAGE.test(name) && !isHidden(name)).toSorted();
  if (paths.length === 0)
    throw new FileRefused('the archive holds no PNG, JPEG or WebP images', {
      fix: 'put the images of each class into a folder of its own',
    });
  if (paths.length > MAX_IMAGES)
    throw new FileRefused(`the archive holds ${paths.length} images, more than ${MAX_IMAGES}`, {
      code: 'too_large',
    });
  const folderOf = (path: string): string => path.split('/').at(-2) ?? '';
  const bare = paths.find((path) => folderOf(path) === '');
  if (bare !== undefined)
    throw new FileRefused(`${JSON.stringify(bare.slice(0, 100))} lies in no folder`, {
      fix: 'put the images of each class into a folder of its own',
    });
  const byClass = Map.groupBy(paths, folderOf);
  const classes = [...byClass.keys()].toSorted();
  return {
    classes: classes.map((name) => ({ name, images: byClass.get(name)?.length ?? 0 })),
    images: classes.flatMap((name, label) => (byClass.get(name) ?? []).map((path) => ({ path, label }))),
  };
}

/** Files that systems leave in folders. */
const OF_SYSTEMS = /(^|\/)(thumbs\.db|desktop\.ini)$/i;
const MAX_NAMED = 5;

const named = (names: readonly string[]): string =>
  `${names.slice(0, MAX_NAMED).join(', ')}${names.length > MAX_NAMED ? ', …' : ''}`;

/** What of the archive is not as it may have been meant: files that are no images, several folders that are one class. */
export function folderNotes(names: readonly string[], { classes, images }: ImageFolder): string[] {
  const others = names.filter(
    (name) => !(name.endsWith('/') || IMAGE.test(name) || isHidden(name) || OF_SYSTEMS.test(name)),
  );
  const folders = Map.groupBy(
    new Set(images.map(({ path, label }) => `${label}/${path.slice(0, path.lastIndexOf('/'))}`)),
    (key) => Number(key.slice(0, key.indexOf('/'))),
  );
  const several = classes.flatMap(({ name }, label) => {
    const own = (folders.get(label) ?? []).map((key) => key.slice(key.indexOf('/') + 1));
    return own.length > 1
      ? [`the folders ${named(own)} are one class, ${JSON.stringify(name)}: a split by folders is not kept`]
      : [];
  });
  return [
    ...(others.length === 0
      ? []
      : [`${others.length} files are no PNG, JPEG or WebP images and are left out: ${named(others)}`]),
    ...several.slice(0, MAX_NAMED),
  ];
}

/** Reads every image's header; broken ones are named. @throws FileRefused */
export async function checkImages(bytes: Uint8Array, { images }: ImageFolder): Promise<{ notes: string[] }> {
  const sizes = new Map<string, number>();
  const broken: string[] = [];
  const sharp = await imageReader();
  await eachImage(
    bytes,
    images.map(({ path }) => path),
    async (content, path) => {
      try {
        const {
          width,
          height,
          orientation = 1,
        } = await sharp(content, {
          limitInputPixels: MAX_PIXELS,
        }).metadata();
        // From 5 on a camera was held upright.
        const size = orientation < 5 ? `${width}×${height}` : `${height}×${width}`;
        sizes.set(size, (sizes.get(size) ?? 0) + 1);
      } catch {
        broken.push(path);
      }
    },
  );
  if (broken.length > 0)
    throw new FileRefused(
      `${broken.length} of ${images.length} images cannot be read: ${broken.slice(0, 5).join(', ')}${broken.length > 5 ? ', …' : ''}`,
      {
        fix: 'remove or mend them',
      },
    );
  const shown = [...sizes]
    .toSorted((a, b) => b[1] - a[1])
    .slice(0, 5)
    .map(([size, count]) => `${count} of ${size}`);
  return { notes: [`sizes (width × height): ${shown.join(', ')}${sizes.size > 5 ? ', …' : ''}`] };
}

/** In parts that unpack to so many bytes, because each part reads the whole directory of the archive. */
function partsOf(bytes: Uint8Array, paths: readonly string[]): string[][] {
  const sizes = new Map(entriesOf(bytes).map(({ name, size }) => [name, size]));
  const parts: string[][] = [];
  let room = 0;
  for (const path of paths) {
    const size = sizes.get(path) ?? 0;
    if (parts.length === 0 || size > room) {
      parts.push([]);
      room = PART_BYTES;
    }
    parts.at(-1)?.push(path);
    room -= size;
  }
  return parts;
}

async function eachImage(
  bytes: Uint8Array,
  paths: readonly string[],
  visit: (content: Uint8Array, path: string, index: number) => Promise<void>,
): Promise<void> {
  let index = 0;
  for (const part of partsOf(bytes, paths)) {
    const wanted = new Set(part);
    const entries = unzip(bytes, (name) => wanted.has(name));
    for (let from = 0; from < part.length; from += BATCH) {
      const batch = part.slice(from, from + BATCH);
      const first = index;
      await Promise.all(
        batch.map((path, i) => visit(entries.get(path) ?? new Uint8Array(), path, first + i)),
      );
      index += batch.length;
    }
  }
}

export interface ImageSize {
  readonly height: number;
  readonly width: number;
  readonly channels: 1 | 3;
}

/**
 * All images in one size: [images, channels, height, width], 0 to 255. Others are stretched to it; colour becomes grey where one
 * channel is asked for (ITU-R BT.709 luminance, as libvips has it), transparency lies on black.
 * @throws FileRefused naming an image that cannot be decoded
 */
export async function decodeImages(
  path: string,
  { images }: ImageFolder,
  { height, width, channels }: ImageSize,
): Promise<Uint8Array> {
  const size = height * width * channels;
  refuseBeyond(images.length * size, MAX_UNPACKED_BYTES, 'the images of this size take');
  const out = new Uint8ClampedArray(images.length * size);
  const sharp = await imageReader();
  await eachImage(
    readFileSync(path),
    images.map((image) => image.path),
    async (content, name, index) => {
      const image = sharp(content, { limitInputPixels: MAX_PIXELS })
        // As the camera was held.
        .rotate()
        .flatten({ background: '#000' })
        .resize(width, height, { fit: 'fill' });
      const coloured = channels === 1 ? image.toColourspace('b-w') : image.toColourspace('srgb');
      const { data, info } = await coloured
        .raw()
        .toBuffer({ resolveWithObject: true })
        .catch(() => {
          throw new FileRefused(`the image ${JSON.stringify(name.slice(0, 100))} cannot be decoded`, {
            fix: 'remove or mend it',
          });
        });
      const { numbers, scale } = samplesOf(data, height * width * info.channels);
      for (let pixel = 0; pixel < height * width; pixel++) {
        for (let channel = 0; channel < channels; channel++) {
          const from = pixel * info.channels + Math.min(channel, info.channels - 1);
          out[index * size + channel * height * width + pixel] = (numbers[from] as number) * scale;
        }
      }
    },
  );
  return new Uint8Array(out.buffer);
}

/** Images of 16 bits a sample come with two bytes each: 65,535 is 255. */
function samplesOf(data: Buffer, count: number) {
  if (data.length === count) return { numbers: data, scale: 1 };
  return {
    numbers: new Uint16Array(data.buffer.slice(data.byteOffset, data.byteOffset + 2 * count)),
    scale: 1 / 257,
  };
}
