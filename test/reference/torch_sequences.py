"""Layers over time, step by step from the formulas. Sequences are [batch, time, features]."""

import functools
import math

import torch

from torch_activations import activate
from torch_masks import hidden_keys, over_kept
from torch_positions import turned, with_positions


def recurrent_parameters(layer, x, gates):
    units = layer.options["units"]
    return (
        layer.parameter("kernel", x.shape[2], gates * units),
        layer.parameter("recurrent_kernel", units, gates * units),
        layer.parameter("bias", gates * units),
    )


def states_before(layer, x, given, count=1):
    """Zeros, or the parts of a second input [batch, count · units]."""
    if given is None:
        return [torch.zeros(x.shape[0], layer.options["units"], dtype=x.dtype) for _ in range(count)]
    return given.chunk(count, -1)


def emit(layer, states):
    """Every state [batch, time, units], or the last [batch, units]."""
    return torch.stack(states, 1) if layer.option("return_sequences", False) else states[-1]


def heeding(function):
    """The layer over the time steps that are not masked."""
    def heeded(layer, x, given=None):
        if layer.masks[0] is None:
            return function(layer, x, given)
        assert given is None, "no case has a mask and a state before the first time step"
        return over_kept(function, layer, x, layer.masks[0])

    return functools.wraps(function)(heeded)


@heeding
def simple_rnn(layer, x, given=None):
    kernel, recurrent_kernel, bias = recurrent_parameters(layer, x, 1)
    (h,), states = states_before(layer, x, given), []
    for x_t in x.unbind(1):
        h = activate(layer, layer.option("activation", "tanh"), x_t @ kernel + h @ recurrent_kernel + bias)
        states.append(h)
    return emit(layer, states)


class Named:
    """A layer whose learned parameters carry the name of the option that asks for them."""

    def __init__(self, layer, prefix):
        self.layer, self.prefix, self.network, self.name = layer, prefix, layer.network, layer.name

    def parameter(self, tensor, *shape):
        return self.layer.parameter(f"{self.prefix}/{tensor}", *shape)


def gated(layer):
    """The layer's activation and that of its gates."""
    return [
        lambda x, key=key, standard=standard: activate(Named(layer, key), layer.option(key, standard), x)
        for key, standard in (("activation", "tanh"), ("recurrent_activation", "sigmoid"))
    ]


@heeding
def lstm(layer, x, given=None):
    kernel, recurrent_kernel, bias = recurrent_parameters(layer, x, 4)
    act, gate = gated(layer)
    (h, c), states = states_before(layer, x, given, 2), []
    for x_t in x.unbind(1):
        i, f, g, o = (x_t @ kernel + h @ recurrent_kernel + bias).chunk(4, -1)
        c = gate(f) * c + gate(i) * act(g)
        h = gate(o) * act(c)
        states.append(torch.cat([h, c], -1) if layer.option("return_cell", False) else h)
    return emit(layer, states)


@heeding
def gru(layer, x, given=None):
    """The reset gate multiplies the state before the recurrent product, or (`reset_after`) the product and its bias."""
    kernel, recurrent_kernel, bias = recurrent_parameters(layer, x, 3)
    after = layer.option("reset_after", False)
    extra = layer.parameter("recurrent_bias", len(bias)).chunk(3) if after else (0, 0, 0)
    recurrent_z, recurrent_r, recurrent_h = recurrent_kernel.chunk(3, -1)
    act, gate = gated(layer)
    (h,), states = states_before(layer, x, given), []
    for x_t in x.unbind(1):
        x_z, x_r, x_h = (x_t @ kernel + bias).chunk(3, -1)
        z = gate(x_z + h @ recurrent_z + extra[0])
        r = gate(x_r + h @ recurrent_r + extra[1])
        reset = r * (h @ recurrent_h + extra[2]) if after else (r * h) @ recurrent_h
        h = z * h + (1 - z) * act(x_h + reset)
        states.append(h)
    return emit(layer, states)


class Direction:
    """A layer inside `bidirectional`: its parameters carry the direction's name."""

    def __init__(self, outer, direction):
        self.outer, self.direction, self.options = outer, direction, outer.options["layer"]
        self.network, self.name = outer.network, f"{outer.name}/{direction}"
        mask = outer.masks[0]
        self.masks = [mask if mask is None or direction == "forward" else mask.flip(1)]

    def option(self, key, default):
        return self.options.get(key, default)

    def parameter(self, tensor, *shape):
        return self.outer.parameter(f"{self.direction}/{tensor}", *shape)


def bidirectional(layer, x):
    kind = {"simple_rnn": simple_rnn, "lstm": lstm, "gru": gru}[layer.options["layer"]["type"]]
    ahead, behind = kind(Direction(layer, "forward"), x), kind(Direction(layer, "backward"), x.flip(1))
    if layer.options["layer"].get("return_sequences", False):
        behind = behind.flip(1)
    merge = layer.option("merge", "concatenate")
    if merge == "concatenate":
        return torch.cat([ahead, behind], -1)
    return ahead * behind if merge == "multiply" else (ahead + behind) / (2 if merge == "average" else 1)


def self_attention(layer, x):
    return attend(layer, x, x, x, layer.masks[0])


def attend(layer, query, key, value, *masks):
    """Of heads that may share keys and values, with what the layer knows of positions."""
    features, heads = query.shape[2], layer.option("heads", 1)
    size = layer.option("key_dim", None) or features // heads
    shared = layer.option("key_value_heads", None) or heads
    q = turned(layer, split_heads(affine(layer, "query", query, heads * size), heads))
    k = turned(layer, split_heads(affine(layer, "key", key, shared * size), shared))
    v = split_heads(affine(layer, "value", value, shared * size), shared)
    k, v = (x.repeat_interleave(heads // shared, 1) for x in (k, v))
    scores = with_positions(layer, q @ k.transpose(2, 3) * (layer.option("scale", None) or 1 / math.sqrt(size)))
    if layer.option("causal", False):
        later = later_positions(max(scores.shape[2:]))[: scores.shape[2], : scores.shape[3]]
        scores = scores.masked_fill(later, float("-inf"))
    attended = hidden_keys(scores, *masks) @ v
    return affine(layer, "output", attended.transpose(1, 2).flatten(2), features)


def affine(layer, name, x, to):
    y = x @ layer.parameter(f"{name}/kernel", x.shape[2], to)
    return y + layer.parameter(f"{name}/bias", to) if layer.option("use_bias", True) else y


def split_heads(x, heads):
    """[batch, heads, time, size]: a head is a contiguous block of features."""
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
