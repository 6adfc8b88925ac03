/** @file Puts the cells of a heat map on a canvas. */
import { pixelsOf, type Ranked, type View } from './heat.ts';

/** Of the pixels in between; made anew where the size changes. */
const between = document.createElement('canvas');

export function draw(target: HTMLCanvasElement, cells: Ranked, view: View): void {
  const { width, height } = target;
  const rows = Math.min(height, cells.layers);
  const [context, pixels] = [target.getContext('2d'), between.getContext('2d')];
  if (context === null || pixels === null || width === 0 || rows === 0) return;
  if (between.width !== width) between.width = width;
  if (between.height !== rows) between.height = rows;
  const bytes = new Uint8ClampedArray(pixelsOf(cells, view, width, rows).buffer as ArrayBuffer);
  pixels.putImageData(new ImageData(bytes, width, rows), 0, 0);
  context.clearRect(0, 0, width, height);
  // Rows keep their edges.
  context.imageSmoothingEnabled = false;
  context.drawImage(between, 0, 0, width, rows, 0, 0, width, height);
}
