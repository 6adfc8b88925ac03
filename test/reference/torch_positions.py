"""What attention knows of positions, each as its authors wrote it."""

import math

import torch


def options_of(layer):
    """The kind of positions and its options; None where there are none."""
    given = layer.option("positions", None)
    return {"type": given} if isinstance(given, str) else given


def turned(layer, x):
    """Queries or keys [batch, heads, time, size]. Rotary: pairs of features are complex numbers."""
    options = options_of(layer)
    if options is None or options["type"] != "rotary":
        return x
    dimensions = options.get("dimensions") or x.shape[-1]
    part, rest = x[..., :dimensions], x[..., dimensions:]
    half = dimensions // 2
    a, b = (part[..., ::2], part[..., 1::2]) if options.get("interleaved", False) else (part[..., :half], part[..., half:])
    frequency = options.get("base", 10000) ** (-torch.arange(half, dtype=torch.float64) / half)
    angle = torch.outer(torch.arange(x.shape[2], dtype=torch.float64), frequency)
    y = torch.complex(a.double(), b.double()) * torch.polar(torch.ones_like(angle), angle)
    both = torch.stack([y.real, y.imag], -1) if options.get("interleaved", False) else torch.stack([y.real, y.imag], -2)
    return torch.cat([both.flatten(-2).to(x.dtype), rest], -1)


def alibi_slopes(heads):
    """Press et al., their code."""
    if math.log2(heads).is_integer():
        start = 2 ** (-(2 ** -(math.log2(heads) - 3)))
        return [start * start**i for i in range(heads)]
    nearest = 2 ** math.floor(math.log2(heads))
    return alibi_slopes(nearest) + alibi_slopes(2 * nearest)[0::2][: heads - nearest]


def t5_buckets(relative, bidirectional, buckets, farthest):
    """Raffel et al., as in their code: relative is key minus query."""
    result = torch.zeros_like(relative)
    if bidirectional:
        buckets //= 2
        result = result + (relative > 0).long() * buckets
        relative = relative.abs()
    else:
        relative = -torch.min(relative, torch.zeros_like(relative))
    exact = buckets // 2
    large = torch.log(relative.float() / exact) / math.log(farthest / exact) * (buckets - exact)
    large = torch.min(exact + large.clamp(min=0).long(), torch.full_like(relative, buckets - 1))
    return result + torch.where(relative < exact, relative, large)


def swin_index(height, width):
    """Liu et al., as in their code."""
    places = torch.stack(torch.meshgrid(torch.arange(height), torch.arange(width), indexing="ij")).flatten(1)
    offsets = (places[:, :, None] - places[:, None, :]).permute(1, 2, 0).contiguous()
    offsets[:, :, 0] += height - 1
    offsets[:, :, 1] += width - 1
    offsets[:, :, 0] *= 2 * width - 1
    return offsets.sum(-1)


def with_positions(layer, scores):
    """Scores [batch, heads, queries, keys], and what positions add."""
    options = options_of(layer)
    kind = None if options is None else options["type"]
    _, heads, queries, keys = scores.shape
    if kind == "alibi":
        distance = (torch.arange(queries)[:, None] - torch.arange(keys)[None, :]).abs()
        return scores - torch.tensor(alibi_slopes(heads), dtype=scores.dtype)[:, None, None] * distance
    if kind == "relative_bias":
        buckets = options.get("buckets", 32)
        relative = torch.arange(keys)[None, :] - torch.arange(queries)[:, None]
        found = t5_buckets(relative, not layer.option("causal", False), buckets, options.get("max_distance", 128))
        return scores + layer.parameter("relative_bias/table", buckets, heads)[found].permute(2, 0, 1)
    if kind == "window_bias":
        height, width = options["window"]
        table = layer.parameter("relative_bias/table", (2 * height - 1) * (2 * width - 1), heads)
        return scores + table[swin_index(height, width)].permute(2, 0, 1)
    return scores
