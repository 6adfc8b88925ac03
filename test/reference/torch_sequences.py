"""Layers over time, step by step from the formulas. Sequences are [batch, time, features]."""

import math

import torch

from torch_activations import activate


def recurrent_parameters(layer, x, gates):
    units = layer.options["units"]
    return (
        layer.parameter("kernel", x.shape[2], gates * units),
        layer.parameter("recurrent_kernel", units, gates * units),
        layer.parameter("bias", gates * units),
    )


def zero_state(layer, x):
    return torch.zeros(x.shape[0], layer.options["units"], dtype=x.dtype)


def emit(layer, states):
    """Every state [batch, time, units], or the last [batch, units]."""
    return torch.stack(states, 1) if layer.option("return_sequences", False) else states[-1]


def simple_rnn(layer, x):
    kernel, recurrent_kernel, bias = recurrent_parameters(layer, x, 1)
    h, states = zero_state(layer, x), []
    for x_t in x.unbind(1):
        h = activate(layer, layer.option("activation", "tanh"), x_t @ kernel + h @ recurrent_kernel + bias)
        states.append(h)
    return emit(layer, states)


def lstm(layer, x):
    kernel, recurrent_kernel, bias = recurrent_parameters(layer, x, 4)
    h, c, states = zero_state(layer, x), zero_state(layer, x), []
    for x_t in x.unbind(1):
        i, f, g, o = (x_t @ kernel + h @ recurrent_kernel + bias).chunk(4, -1)
        c = torch.sigmoid(f) * c + torch.sigmoid(i) * torch.tanh(g)
        h = torch.sigmoid(o) * torch.tanh(c)
        states.append(h)
    return emit(layer, states)


def gru(layer, x):
    """The reset gate multiplies the state before the recurrent product."""
    kernel, recurrent_kernel, bias = recurrent_parameters(layer, x, 3)
    recurrent_z, recurrent_r, recurrent_h = recurrent_kernel.chunk(3, -1)
    h, states = zero_state(layer, x), []
    for x_t in x.unbind(1):
        x_z, x_r, x_h = (x_t @ kernel + bias).chunk(3, -1)
        z = torch.sigmoid(x_z + h @ recurrent_z)
        r = torch.sigmoid(x_r + h @ recurrent_r)
        candidate = torch.tanh(x_h + (r * h) @ recurrent_h)
        h = z * h + (1 - z) * candidate
        states.append(h)
    return emit(layer, states)


def self_attention(layer, x):
    features, heads = x.shape[2], layer.options["heads"]
    query, key, value = (split_heads(affine(layer, name, x), heads) for name in ("query", "key", "value"))
    scores = query @ key.transpose(2, 3) / math.sqrt(features / heads)
    if layer.option("causal", False):
        scores = scores.masked_fill(later_positions(x.shape[1]), float("-inf"))
    attended = torch.softmax(scores, -1) @ value
    return affine(layer, "output", attended.transpose(1, 2).reshape(x.shape))


def affine(layer, name, x):
    features = x.shape[2]
    return x @ layer.parameter(f"{name}/kernel", features, features) + layer.parameter(f"{name}/bias", features)


def split_heads(x, heads):
    """[batch, heads, time, features / heads]: a head is a contiguous block of features."""
    batch, time, features = x.shape
    return x.reshape(batch, time, heads, features // heads).transpose(1, 2)


def later_positions(time):
    """[time, time]: true where the key (column) comes after the query (row)."""
    return torch.ones(time, time, dtype=torch.bool).triu(1)


def positional_embedding(layer, x):
    if layer.option("kind", "learned") == "sinusoidal":
        return x + sinusoids(x.shape[1], x.shape[2]).to(x.dtype)
    return x + layer.parameter("table", x.shape[1], x.shape[2])


def sinusoids(time, features):
    """[time, features]: sin(pos / 10000^(2i/features)) at the feature 2i, the cosine of it at 2i + 1."""
    feature = torch.arange(features, dtype=torch.float64)
    position = torch.arange(time, dtype=torch.float64).unsqueeze(1)
    angle = position / 10000 ** (2 * torch.div(feature, 2, rounding_mode="floor") / features)
    return torch.where(feature % 2 == 0, torch.sin(angle), torch.cos(angle))
