/** @file Puts the cells of a heat map on a canvas. */
import { type Heat, type HeatScale, pixelsOf, type View } from './heat.ts';

/** The cells as a picture that can be drawn at any size and offset. */
export function imageOf(heat: Heat, scale: HeatScale): HTMLCanvasElement {
  const canvas = document.createElement('canvas');
  canvas.width = Math.max(1, heat.steps.length);
  canvas.height = Math.max(1, heat.layers.length);
  const context = canvas.getContext('2d');
  if (context === null || heat.cells.length === 0) return canvas;
  const bytes = new Uint8ClampedArray(pixelsOf(heat, scale).buffer as ArrayBuffer);
  context.putImageData(new ImageData(bytes, canvas.width, canvas.height), 0, 0);
  return canvas;
}

export function draw(target: HTMLCanvasElement, image: HTMLCanvasElement, { from, to }: View): void {
  const context = target.getContext('2d');
  if (context === null) return;
  context.clearRect(0, 0, target.width, target.height);
  // Cells larger than a pixel keep their edges; smaller ones are averaged.
  context.imageSmoothingEnabled = to - from > target.width;
  context.drawImage(image, from, 0, to - from, image.height, 0, 0, target.width, target.height);
}
