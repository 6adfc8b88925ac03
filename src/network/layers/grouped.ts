/** @file What group and instance normalization share. */
import { calculus as c, sizeOf, type Tensor } from '../../graph/index.ts';
import { alongFeatures, features, type LayerContext } from './layer.ts';

/** Each sample's numbers, channels first: [batch, channels, …]. */
function channelsFirst({ g }: LayerContext, x: Tensor): Tensor {
  return x.shape.length === 3 ? c.transpose(g, x, [0, 2, 1]) : x;
}

/** (x − μ)/√(σ² + ε) over each group of channels and all positions, times γ, plus β. */
export function normalizeGroups(context: LayerContext, x: Tensor, groups: number, epsilon: number): Tensor {
  const { g } = context;
  const count = features(x);
  if (count % groups !== 0) g.refuse(`${count} channels do not split into ${groups} groups`);
  const fans = { fanIn: count, fanOut: count };
  const gamma = context.parameter('gamma', [count], { ...fans, initializer: 'ones' });
  const beta = context.parameter('beta', [count], { ...fans, initializer: 'zeros' });
  const first = channelsFirst(context, x);
  const [batch = 1] = x.shape;
  const grouped = c.reshape(g, first, [batch, groups, sizeOf(x.shape) / batch / groups]);
  const deviation = c.sub(g, grouped, c.reduceMean(g, grouped, [2], true));
  const variance = c.reduceMean(g, c.mul(g, deviation, deviation), [2], true);
  const normalized = c.div(g, deviation, c.sqrt(g, c.add(g, variance, g.constant(epsilon))));
  const back = channelsFirst(context, c.reshape(g, normalized, first.shape));
  const [scale, shift] = [gamma, beta].map((one) => c.reshape(g, one, alongFeatures(x))) as [Tensor, Tensor];
  return c.add(g, c.mul(g, back, scale), shift);
}

/** PyTorch has the features of a sequence before the time. */
export function torchGroupNorm(
  groups: number,
  count: number,
  epsilon: number,
  inputShape: readonly number[],
): string[] {
  const swap = inputShape.length === 2 ? ['Transpose(1, 2)'] : [];
  return [...swap, `nn.GroupNorm(${groups}, ${count}, eps=${epsilon})`, ...swap];
}
