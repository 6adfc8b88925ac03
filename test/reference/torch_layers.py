"""Layers without windows or time: dense, activation, flatten, reshape, embedding, the norms, residual.

Every layer is a function of its `Layer` (name, options, parameters) and of a batch x; its name is its wire name.
"""

import torch

from torch_activations import activate, along_features, channel_axis
from torch_convolutions import convolve


def dense(layer, x):
    units = layer.options["units"]
    if layer.tied is None:
        y = x @ layer.parameter("kernel", x.shape[-1], units)
    else:
        tensor = "table" if layer.tied.options["type"] == "embedding" else "kernel"
        y = x @ layer.tied.parameter(tensor, units, x.shape[-1]).T
    if layer.option("use_bias", True):
        y = y + layer.parameter("bias", units)
    return activate(layer, layer.option("activation", "linear"), y)


def activation(layer, x):
    return activate(layer, layer.options["activation"], x)


def flatten(_layer, x):
    return x.reshape(x.shape[0], -1)


def reshape(layer, x):
    return x.reshape(x.shape[0], *layer.options["shape"])


def dropout(layer, x):
    """No two libraries draw the same noise: fixtures are without it."""
    assert layer.options["rate"] == 0
    return x


drop_path = spatial_dropout1d = spatial_dropout2d = dropout


def embedding(layer, tokens):
    return layer.parameter("table", layer.options["vocabulary"], layer.options["dimensions"])[tokens]


def masking(layer, x):
    kept = (x != layer.option("value", 0)).flatten(2).any(2)
    return x * kept.reshape(*kept.shape, *[1] * (x.dim() - 2))


def time_distributed(layer, x):
    y = layer.network.sequence(layer.body, x.flatten(0, 1))
    return y.unflatten(0, x.shape[:2])


def scale(layer, x, shift=True):
    features = x.shape[channel_axis(x)]
    y = x * along_features(x, layer.parameter("gamma", features))
    return y + along_features(x, layer.parameter("beta", features)) if shift else y


def batch_norm(layer, x):
    features = x.shape[channel_axis(x)]
    mean = layer.state("moving_mean", torch.zeros(features, dtype=x.dtype))
    variance = layer.state("moving_variance", torch.ones(features, dtype=x.dtype))
    if layer.network.training:
        axes = {4: [0, 2, 3], 5: [0, 1, 3, 4]}.get(x.dim(), list(range(x.dim() - 1)))
        mask = layer.masks[0]
        counted, axes = (x, axes) if mask is None else (x[mask], [0])
        mean, variance = counted.mean(axes), counted.var(axes, unbiased=False)
        momentum = layer.option("momentum", 0.99)
        layer.move("moving_mean", mean.detach(), momentum)
        layer.move("moving_variance", variance.detach(), momentum)
    root = torch.sqrt(variance + layer.option("epsilon", 1e-3))
    return scale(layer, (x - along_features(x, mean)) / along_features(x, root))


def normalized_axes(x):
    return [1, 2, 3] if x.dim() == 4 else [-1]


def layer_norm(layer, x):
    axes = normalized_axes(x)
    variance = x.var(axes, unbiased=False, keepdim=True)
    root = torch.sqrt(variance + layer.option("epsilon", 1e-3))
    return scale(layer, (x - x.mean(axes, keepdim=True)) / root)


def rms_norm(layer, x):
    mean_square = (x**2).mean(normalized_axes(x), keepdim=True)
    return scale(layer, x / torch.sqrt(mean_square + layer.option("epsilon", 1e-3)), shift=False)


def residual(layer, x):
    y = layer.network.sequence(layer.body, x, layer.masks[0])
    layer.body_mask = layer.network.mask
    return (x if x.shape == y.shape else project(layer, x, y.shape)) + y


def project(layer, x, shape):
    """x in the body's output shape [batch, …], without a bias."""
    if x.dim() == 4:
        kernel = layer.parameter("projection/kernel", shape[1], x.shape[1], 1, 1)
        return convolve(x, kernel, stride=fitting_stride(x.shape[2:], shape[2:]))
    return x @ layer.parameter("projection/kernel", x.shape[-1], shape[-1])


def fitting_stride(sizes, reduced):
    """[height, width]: the smallest strides that a 1×1 convolution needs from `sizes` to `reduced`."""

    def stride(size, target):
        return next(s for s in range(1, size + 1) if -(-size // s) == target)

    return [stride(*pair) for pair in zip(sizes, reduced, strict=True)]
