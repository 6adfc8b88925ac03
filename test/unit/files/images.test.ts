/** @file Images as cameras, scanners and systems leave them in folders. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { zipSync } from 'fflate';
import sharp from 'sharp';
import { afterAll, expect, test } from 'vitest';
import { decodeImages, findImages } from '../../../src/files/images.ts';
import { readFile } from '../../../src/files/read_file.ts';

const folder = mkdtempSync(join(tmpdir(), 'gradclinic-images-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** 4 wide, 2 high: 0, 60, 120, 180 in both rows. */
const image = () =>
  sharp(Buffer.from(Array.from({ length: 24 }, (_, i) => (Math.floor(i / 3) % 4) * 60)), {
    raw: { width: 4, height: 2, channels: 3 },
  });
const grey16 = () =>
  sharp(new Uint16Array([0, 15_420, 30_840, 65_535, 0, 15_420, 30_840, 65_535]), {
    raw: { width: 4, height: 2, channels: 1 },
  }).toColourspace('grey16');

async function pixelsOf(bytes: Uint8Array, size: { height: number; width: number; channels: 1 | 3 }) {
  const path = join(folder, 'one.zip');
  writeFileSync(path, zipSync({ 'a/one.png': bytes }));
  return [...(await decodeImages(path, findImages(['a/one.png']), size))];
}

test('every kind of PNG and JPEG gives the same numbers', async () => {
  const row = [0, 60, 120, 180];
  const kinds = {
    colour: image().png(),
    palette: image().png({ palette: true }),
    opaque: image().ensureAlpha(1).png(),
    grey: image().greyscale().png(),
  };
  for (const [kind, made] of Object.entries(kinds))
    expect(await pixelsOf(await made.toBuffer(), { height: 2, width: 4, channels: 1 }), kind).toEqual([
      ...row,
      ...row,
    ]);
});

test('16 bits a sample', async () => {
  const row = [0, 60, 120, 255];
  const bytes = await grey16().png().toBuffer();
  expect((await sharp(bytes).metadata()).depth).toBe('ushort');
  expect(await pixelsOf(bytes, { height: 2, width: 4, channels: 1 })).toEqual([...row, ...row]);
  const planes = await pixelsOf(bytes, { height: 2, width: 4, channels: 3 });
  expect(planes).toEqual([...row, ...row, ...row, ...row, ...row, ...row]);
});

test('a picture is turned as the camera was held', async () => {
  const bytes = await image().withMetadata({ orientation: 6 }).png().toBuffer();
  const pixels = await pixelsOf(bytes, { height: 4, width: 2, channels: 1 });
  expect(pixels).toEqual([0, 0, 60, 60, 120, 120, 180, 180]);
});

test('what is left out, and folders that become one class, are told', async () => {
  const png = new Uint8Array(await image().png().toBuffer());
  const none = new Uint8Array([1]);
  writeFileSync(
    join(folder, 'content'),
    zipSync({
      ...{ 'set/train/cat/1.png': png, 'set/val/cat/1.png': png, 'set/train/dog/1.png': png },
      ...{
        'set/train/dog/2.bmp': none,
        'set/Thumbs.db': none,
        'set/.DS_Store': none,
        '__MACOSX/set/._1.png': none,
      },
    }),
  );
  const { description } = await readFile(folder, {});
  expect(description.rows).toBe(3);
  expect(description.notes.slice(1)).toEqual([
    '1 files are no PNG, JPEG or WebP images and are left out: set/train/dog/2.bmp',
    'the folders set/train/cat, set/val/cat are one class, "cat": a split by folders is not kept',
  ]);
});
