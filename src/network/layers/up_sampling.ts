/** @file Larger images: copies of every pixel, or linear between the pixels' middles. */
import { calculus as c, type GraphBuilder, type Tensor } from '../../graph/index.ts';

/** Why no theory reaches upsampling. */
export const REPEATED_THEORY = 'the gradients of copies are summed, whose correlation is not followed';

/** Every pixel of x [batch, channels, height, width] as a block of `scale` copies. */
export function nearest(g: GraphBuilder, x: Tensor, scale: readonly [number, number]): Tensor {
  const [batch = 1, channels = 1, height = 1, width = 1] = x.shape;
  const apart = c.reshape(g, x, [batch, channels, height, 1, width, 1]);
  const blocks = c.expand(g, apart, [batch, channels, height, scale[0], width, scale[1]]);
  return c.reshape(g, blocks, [batch, channels, height * scale[0], width * scale[1]]);
}

/**
 * [size · scale, size]: row i holds the shares of the two inputs between whose middles output i lies; at the ends one.
 * @param aligned the first and the last output lie on the first and the last input
 */
function between(g: GraphBuilder, size: number, scale: number, aligned: boolean): Tensor {
  const shares = new Float32Array(size * scale * size);
  for (let i = 0; i < size * scale; i++) {
    const place = aligned ? (i * (size - 1)) / (size * scale - 1) : (i + 0.5) / scale - 0.5;
    const at = Math.min(Math.max(place, 0), size - 1);
    const left = Math.floor(at);
    const right = Math.min(left + 1, size - 1);
    for (const [column, share] of [
      [left, 1 - (at - left)],
      [right, at - left],
    ] as const) {
      shares[i * size + column] = (shares[i * size + column] as number) + share;
    }
  }
  return g.tensor([size * scale, size], shares);
}

/** Along the last axis: [… , size] → [… , size · scale]. */
function stretch(g: GraphBuilder, x: Tensor, scale: number, aligned: boolean): Tensor {
  if (scale === 1) return x;
  const size = x.shape.at(-1) ?? 1;
  const rows = c.gemm(g, c.asMatrix(g, x), between(g, size, scale, aligned), false, true);
  return c.reshape(g, rows, [...x.shape.slice(0, -1), size * scale]);
}

/** Linear along both axes, pixels taken at their middles; beyond the outermost middles it stays as there. `aligned` leaves nothing beyond. */
export function bilinear(
  g: GraphBuilder,
  x: Tensor,
  scale: readonly [number, number],
  aligned: boolean,
): Tensor {
  const wide = stretch(g, x, scale[1], aligned);
  const turned = stretch(g, c.transpose(g, wide, [0, 1, 3, 2]), scale[0], aligned);
  return c.transpose(g, turned, [0, 1, 3, 2]);
}
