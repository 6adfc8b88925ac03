"""Layers with several inputs. Shapes broadcast as in NumPy, without the batch."""

import math

import torch

from torch_activations import channel_axis
from torch_sequences import attend


def aligned(xs):
    """Axes of size 1 after the batch, until all have as many."""
    rank = max(x.dim() for x in xs)
    return [x.reshape(x.shape[0], *[1] * (rank - x.dim()), *x.shape[1:]) for x in xs]


def add(_layer, *xs):
    return sum(aligned(xs))


def auxiliary_loss(layer, x, other):
    layer.network.judged.append((other, layer.option("weight", 0.3)))
    return x


def outputs(_layer, *xs):
    return torch.cat([x.flatten(1) for x in xs], 1)


def subtract(_layer, *xs):
    a, b = aligned(xs)
    return a - b


def multiply(_layer, *xs):
    return math.prod(aligned(xs))


def average(_layer, *xs):
    return sum(aligned(xs)) / len(xs)


def maximum(_layer, *xs):
    """The gradient goes to the first of equals, where torch.maximum would share it."""
    first, *others = aligned(xs)
    for x in others:
        first = torch.where(first >= x, first, x)
    return first


def concatenate(layer, *xs):
    axis = layer.option("axis", None)
    if axis is None:
        return torch.cat(xs, channel_axis(xs[0]))
    return torch.cat(xs, axis if axis < 0 else axis + 1)


def dot(_layer, a, b):
    if a.dim() == 2:
        return (a * b).sum(1, keepdim=True)
    a, b = aligned([a, b])
    return torch.einsum("...ij,...jk->...ik", a, b)


def multi_head_attention(layer, query, value, key=None):
    return attend(layer, query, value if key is None else key, value, *layer.masks[1:])
