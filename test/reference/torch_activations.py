"""Activations of the wire format, by name, with options, or as a formula."""

import torch
import torch.nn.functional as F

from torch_numbers import keep_clear


def channel_axis(x):
    """Of a batch: the channels of images and of sequences of them, else the last axis."""
    return x.dim() - 3 if x.dim() >= 4 else -1


def along_features(x, vector):
    """[features] as it broadcasts to x."""
    return vector.reshape(-1, 1, 1) if x.dim() >= 4 else vector


# name: (function of x and the options, points where its slope jumps)
ACTIVATIONS = {
    "linear": (lambda x, o: x, []),
    "sigmoid": (lambda x, o: torch.sigmoid(x), []),
    "tanh": (lambda x, o: torch.tanh(x), []),
    "relu": (lambda x, o: F.relu(x), [0]),
    "relu6": (lambda x, o: F.relu6(x), [0, 6]),
    "leaky_relu": (lambda x, o: F.leaky_relu(x, o.get("negative_slope", 0.01)), [0]),
    "elu": (lambda x, o: F.elu(x, o.get("alpha", 1.0)), [0]),
    "celu": (lambda x, o: F.celu(x, o.get("alpha", 1.0)), [0]),
    "selu": (lambda x, o: F.selu(x), [0]),
    "gelu": (lambda x, o: F.gelu(x, approximate="tanh" if o.get("approximate") else "none"), []),
    "silu": (lambda x, o: F.silu(x), []),
    "mish": (lambda x, o: F.mish(x), []),
    "softplus": (lambda x, o: F.softplus(x, threshold=700), []),
    "softsign": (lambda x, o: F.softsign(x), []),
    "hard_sigmoid": (lambda x, o: F.hardsigmoid(x), [-3, 3]),
    "hard_tanh": (lambda x, o: F.hardtanh(x), [-1, 1]),
    "hard_swish": (lambda x, o: F.hardswish(x), [-3, 3]),
    "exponential": (lambda x, o: torch.exp(x), []),
    "sine": (lambda x, o: torch.sin(x), []),
    "squared_relu": (lambda x, o: F.relu(x) ** 2, [0]),
    "softmax": (lambda x, o: torch.softmax(x, channel_axis(x)), []),
}

EXPRESSIONS = {
    "x * sigmoid(1.7 * x)": (lambda x: x * torch.sigmoid(1.7 * x), []),
    "where(x > 0, x, 0.2 * x)": (lambda x: torch.where(x > 0, x, 0.2 * x), [0]),
    "max(x, 0.1 * x) - tanh(x) / (1 + x^2)": (
        lambda x: torch.maximum(x, 0.1 * x) - torch.tanh(x) / (1 + x**2),
        [0],
    ),
    # Infinite in float32 and in float64 wherever x > 1.
    "where(x > 1, exp(1000 * x), x)": (lambda x: torch.where(x > 1, torch.exp(1000 * x), x), [1]),
}


def activate(layer, config, x):
    options = {"type": config} if isinstance(config, str) else config
    if "expression" in options:
        function, kinks = EXPRESSIONS[options["expression"]]
        y = function(x)
    elif options["type"] == "prelu":
        kinks = [0]
        slope = layer.parameter("slope", x.shape[channel_axis(x)])
        y = torch.where(x > 0, x, along_features(x, slope) * x)
    else:
        function, kinks = ACTIVATIONS[options["type"]]
        y = function(x, options)
    keep_clear(x.detach(), kinks)
    if kinks:
        count_pieces(layer.network.pieces, str(options), x.detach(), kinks)
    return y


def count_pieces(pieces, key, x, kinks):
    """Adds to `pieces` how many numbers lie below the first kink, between each two, and above the last."""
    piece = sum((x > kink).long() for kink in kinks).flatten()
    pieces[key] = pieces.get(key, 0) + torch.bincount(piece, minlength=len(kinks) + 1)
